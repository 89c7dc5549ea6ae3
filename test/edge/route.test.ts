import { describe, expect, test } from 'vitest';
import { type Bucket, createRouter, originForm } from '../../src/edge/route.ts';

const bucket = (name: string, where: Partial<Bucket>): Bucket => ({
  name,
  address: { base: 'http://b', host: 'b', path: '' },
  rules: { current: () => Promise.reject(new Error('not asked')), refresh: () => {} },
  ...where,
});

describe('buckets that no request could reach', () => {
  test.each([
    [
      'a prefix without its slash',
      [bucket('a', { prefix: 'media' })],
      /bucket a has the prefix "media": write/,
    ],
    ['a prefix with a slash at its end', [bucket('a', { prefix: '/media/' })], /"\/media\/"/],
    ['the root as a prefix', [bucket('a', { prefix: '/' })], /prefix "\/"/],
    [
      'two in one place',
      [bucket('a', { hosts: ['h'] }), bucket('b', { hosts: ['H'] })],
      /buckets a and b claim the same host and prefix/,
    ],
  ])('%s is refused with what to write', (_, buckets, message) => {
    expect(() => createRouter(buckets)).toThrow(message);
  });

  test('a host is found in any case, with and without a port', () => {
    const router = createRouter([bucket('a', { hosts: ['Files.Example'] })]);
    for (const host of ['files.example', 'FILES.example:8080'])
      expect(router(host, '/k')).toMatchObject({ key: '/k' });
    expect(router('other.example', '/k')).toEqual({ bucket: null, fault: 'NoSuchBucket' });
  });
});

test.each([
  ['a fragment', '/a#b'],
  ['a fragment of nothing', '/#'],
  ['a fragment behind its query', '/a?b#c'],
  ['a fragment in absolute form', 'http://h/a#b'],
])('what has %s is no target (RFC 9112 §3.2)', (_, target) => {
  expect(originForm('GET', target, 'h')).toBeNull();
  expect(originForm('OPTIONS', target, 'h')).toBeNull();
});
