import { describe, expect, test } from 'vitest';
import type { Bucket } from '../../src/edge/bucket.ts';
import { createRouter, originForm } from '../../src/edge/route.ts';

const bucket = (name: string, where: Partial<Bucket>): Bucket => ({
  name,
  address: { base: 'http://b', host: 'b', path: '' },
  rules: { current: () => Promise.reject(new Error('not asked')), refresh: async () => {} },
  ...where,
});

describe('createRouter', () => {
  test.each([
    [
      'a prefix without a leading slash',
      [bucket('a', { prefix: 'media' })],
      /bucket a has the prefix "media": write/,
    ],
    ['a prefix with a slash at its end', [bucket('a', { prefix: '/media/' })], /"\/media\/"/],
    ['the root as a prefix', [bucket('a', { prefix: '/' })], /prefix "\/"/],
    [
      'two buckets at the same host and prefix',
      [bucket('a', { hosts: ['h'] }), bucket('b', { hosts: ['H'] })],
      /buckets a and b claim the same host and prefix/,
    ],
  ])('rejects %s, with a message that says what to write', (_, buckets, message) => {
    expect(() => createRouter(buckets)).toThrow(message);
  });

  test('finds a host in any case, with and without a port', () => {
    const router = createRouter([bucket('a', { hosts: ['Files.Example'] })]);
    for (const host of ['files.example', 'FILES.example:8080'])
      expect(router(host, '/k')).toMatchObject({ key: '/k' });
    expect(router('other.example', '/k')).toEqual({ bucket: null, fault: 'NoSuchBucket' });
  });
});

// A review found that a URL signed for `/one/a`, sent as `/one%2Fa`, was valid for the bucket without a prefix.
describe('a path that is below another prefix once it is decoded', () => {
  const router = createRouter([
    bucket('root', {}),
    bucket('one', { prefix: '/one' }),
    bucket('spaced', { prefix: '/a%20b' }),
  ]);

  test.each(['/one%2Fa', '/one%2fa', '/%6fne/a', '/%6Fne', '/one%3Fcors', '/a b/c%20'])(
    'has no bucket: %s',
    (target) => expect(router('h', target)).toEqual({ bucket: null, fault: 'InvalidURI' }),
  );

  test.each([
    ['/one/a%2Fb', 'one'],
    ['/one/%6fne', 'one'],
    ['/onee%2Fa', 'root'],
    ['/x%2Fone/a', 'root'],
    ['/x?one%2Fa', 'root'],
    ['/%zz/one', 'root'],
    ['/a%20b/c', 'spaced'],
  ])('does not concern %s', (target, name) => expect(router('h', target).bucket?.name).toBe(name));
});

describe('what follows the prefix reaches the bucket byte for byte', () => {
  const AT_A_HOST = '';
  const AT_A_PATH = '/name';
  const rows: readonly (readonly [
    asked: string,
    where: { readonly path: string; readonly prefix?: string; readonly keepPrefix?: boolean },
    target: string,
    key: string,
  ])[] = [
    ['/', { path: AT_A_HOST }, '/', '/'],
    ['/?cors', { path: AT_A_HOST }, '/?cors', '/?cors'],
    ['/a?cors', { path: AT_A_HOST }, '/a?cors', '/a?cors'],
    ['/', { path: AT_A_PATH }, '/name/', '/'],
    ['/?cors', { path: AT_A_PATH }, '/name/?cors', '/?cors'],
    ['/a?cors', { path: AT_A_PATH }, '/name/a?cors', '/a?cors'],
    ['//', { path: AT_A_PATH }, '/name//', '//'],
    // A request-target needs a path.
    ['/p', { path: AT_A_HOST, prefix: '/p' }, '/', '/'],
    ['/p?', { path: AT_A_HOST, prefix: '/p' }, '/?', '/?'],
    ['/p?cors', { path: AT_A_HOST, prefix: '/p' }, '/?cors', '/?cors'],
    ['/p/', { path: AT_A_HOST, prefix: '/p' }, '/', '/'],
    ['/p/?cors', { path: AT_A_HOST, prefix: '/p' }, '/?cors', '/?cors'],
    ['/p/a?cors', { path: AT_A_HOST, prefix: '/p' }, '/a?cors', '/a?cors'],
    ['/p', { path: AT_A_PATH, prefix: '/p' }, '/name', '/'],
    ['/p?', { path: AT_A_PATH, prefix: '/p' }, '/name?', '/?'],
    ['/p?cors', { path: AT_A_PATH, prefix: '/p' }, '/name?cors', '/?cors'],
    ['/p/', { path: AT_A_PATH, prefix: '/p' }, '/name/', '/'],
    ['/p/?cors', { path: AT_A_PATH, prefix: '/p' }, '/name/?cors', '/?cors'],
    ['/p//', { path: AT_A_PATH, prefix: '/p' }, '/name//', '//'],
    ['/p/a?cors', { path: AT_A_PATH, prefix: '/p' }, '/name/a?cors', '/a?cors'],
    ['/p', { path: AT_A_HOST, prefix: '/p', keepPrefix: true }, '/p', '/'],
    ['/p?cors', { path: AT_A_HOST, prefix: '/p', keepPrefix: true }, '/p?cors', '/?cors'],
    ['/p/?cors', { path: AT_A_HOST, prefix: '/p', keepPrefix: true }, '/p/?cors', '/?cors'],
    ['/p/a', { path: AT_A_HOST, prefix: '/p', keepPrefix: true }, '/p/a', '/a'],
    ['/p', { path: AT_A_PATH, prefix: '/p', keepPrefix: true }, '/name/p', '/'],
    ['/p?cors', { path: AT_A_PATH, prefix: '/p', keepPrefix: true }, '/name/p?cors', '/?cors'],
    ['/p/?cors', { path: AT_A_PATH, prefix: '/p', keepPrefix: true }, '/name/p/?cors', '/?cors'],
    ['/p/a', { path: AT_A_PATH, prefix: '/p', keepPrefix: true }, '/name/p/a', '/a'],
  ];

  test.each(rows)(
    'the target %s for a bucket with %o becomes %s',
    (asked, { path, ...where }, target, key) => {
      const address = { base: 'http://b', host: 'b', path };
      const router = createRouter([bucket('a', { address, ...where })]);
      for (const written of [asked, `http://h.example${asked}`]) {
        const origin = originForm('GET', written, 'h.example');
        expect(origin?.target).toBe(asked);
        expect(router('h.example', origin?.target ?? '')).toMatchObject({ target, key });
      }
    },
  );

  test.each(['http://h.example', 'http://h.example?cors'])(
    'the absolute-form target %s has the path /',
    (written) => {
      const address = { base: 'http://b', host: 'b', path: '/name' };
      const origin = originForm('GET', written, '');
      const [, query = ''] = written.split('example');
      expect(createRouter([bucket('a', { address })])('h.example', origin?.target ?? '')).toMatchObject({
        target: `/name/${query}`,
        key: `/${query}`,
      });
    },
  );
});

test.each([
  ['a fragment', '/a#b'],
  ['an empty fragment', '/#'],
  ['a fragment after its query', '/a?b#c'],
  ['a fragment in absolute form', 'http://h/a#b'],
])('a target with %s is invalid (RFC 9112 §3.2)', (_, target) => {
  expect(originForm('GET', target, 'h')).toBeNull();
  expect(originForm('OPTIONS', target, 'h')).toBeNull();
});
