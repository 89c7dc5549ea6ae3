import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostName } from '../../src/bucket/host.ts';
import type { Bucket } from '../../src/edge/bucket.ts';
import { createRouter, originForm } from '../../src/edge/route.ts';
import { createStore, type StorePlan } from '../../src/edge/store.ts';

const unused = () => Promise.reject(new Error('not asked'));

const PLAN: StorePlan = {
  label: 'store/*',
  address: { base: 'http://store', host: 'store', path: '' },
  style: 'path',
  hosts: null,
  suffixes: [],
  paths: '',
  keySuffix: '-0',
  behaviour: { dialect: 's3', vary: 'safe', dangerouslyAllowCredentials: false },
  keyPrefix: '',
  evidence: 'answer',
  route: {},
};
const NAMED = { hosts: ['files.example.com'], suffixes: ['.files.example.com'] };

const storeOf = (plan: Partial<StorePlan>) =>
  createStore({
    plan: { ...PLAN, ...plan },
    open: () => ({ rules: { current: unused, refresh: async () => {} }, forget: () => {} }),
  });

const bucket = (name: string, where: Partial<Bucket>): Bucket => ({
  name,
  address: { base: 'http://b', host: 'b', path: '' },
  rules: { current: unused, refresh: async () => {} },
  ...where,
});

/** What a request becomes: the bucket, its target and its key; or the fault. */
function asked(plan: Partial<StorePlan>, host: string, target: string, buckets: readonly Bucket[] = []) {
  const route = createRouter(buckets, storeOf(plan))(host, target);
  return route.bucket === null ? route.fault : [route.bucket.name, route.target, route.key];
}

describe('a path names a bucket, and the store gets it byte for byte', () => {
  test.each<readonly [target: string, found: readonly [name: string, target: string, key: string]]>([
    ['/media/a.txt', ['media', '/media/a.txt', '/a.txt']],
    ['/media', ['media', '/media', '/']],
    ['/media/', ['media', '/media/', '/']],
    ['/media?cors', ['media', '/media?cors', '/?cors']],
    ['/media/?cors', ['media', '/media/?cors', '/?cors']],
    ['/media//a', ['media', '/media//a', '//a']],
    ['/media/a%2Fb?x=/other/y', ['media', '/media/a%2Fb?x=/other/y', '/a%2Fb?x=/other/y']],
    ['/a.b-c/k', ['a.b-c', '/a.b-c/k', '/k']],
    ['/team:media/k', ['team:media', '/team:media/k', '/k']],
    ['/team%3Amedia/k', ['team:media', '/team%3Amedia/k', '/k']],
    ['/Team_1%3amedia?cors', ['Team_1:media', '/Team_1%3amedia?cors', '/?cors']],
    ['/', ['store/*', '/', '/']],
    ['/?x-id=ListBuckets', ['store/*', '/?x-id=ListBuckets', '/?x-id=ListBuckets']],
  ])('%s', (target, found) => {
    for (const written of [target, `http://any.example${target}`])
      expect(asked({}, 'any.example', originForm('GET', written, '')?.target ?? '')).toEqual(found);
  });

  test('to a store at a path, and below a prefix of its own', () => {
    const address = { base: 'http://store', host: 'store', path: '/s' };
    expect(asked({ address }, 'h', '/media/k')).toEqual(['media', '/s/media/k', '/k']);
    expect(asked({ address }, 'h', '/')).toEqual(['store/*', '/s/', '/']);
    const paths = '/s3';
    expect(asked({ paths }, 'h', '/s3/media/k')).toEqual(['media', '/media/k', '/k']);
    expect(asked({ paths }, 'h', '/s3')).toEqual(['store/*', '/', '/']);
    expect(asked({ paths }, 'h', '/s3?x')).toEqual(['store/*', '/?x', '/?x']);
    for (const other of ['/', '/media/k', '/s3x/media', '/S3/media'])
      expect(asked({ paths }, 'h', other)).toBe('NoSuchBucket');
  });

  test('to a store that takes the name in the host, without the name', () => {
    expect(asked({ style: 'host' }, 'h', '/media/k?a')).toEqual(['media', '/k?a', '/k?a']);
    expect(asked({ style: 'host' }, 'h', '/media?cors')).toEqual(['media', '/?cors', '/?cors']);
    const found = createRouter([], storeOf({ style: 'host' }))('h', '/media/k').bucket;
    expect(found?.address).toEqual({ base: 'http://media.store', host: 'media.store', path: '' });
  });
});

describe('a host names a bucket', () => {
  test.each<readonly [host: string, target: string, found: readonly string[]]>([
    ['media.files.example.com', '/k', ['media', '/media/k', '/k']],
    ['MEDIA.Files.Example.COM:8080', '/k', ['media', '/media/k', '/k']],
    ['media.files.example.com.', '/?cors', ['media', '/media/?cors', '/?cors']],
    ['media.files.example.com.:443', '/', ['media', '/media/', '/']],
    ['a.b.files.example.com', '/k', ['a.b', '/a.b/k', '/k']],
    ['bücher.files.example.com', '/k', ['xn--bcher-kva', '/xn--bcher-kva/k', '/k']],
    ['ｍedia.files.example.com', '/k', ['media', '/media/k', '/k']],
    ['media%2efiles.example.com', '/k', ['media', '/media/k', '/k']],
    ['media.files.example.com', '/other/k', ['media', '/media/other/k', '/other/k']],
    ['media.files.example.com', '//other/k', ['media', '/media//other/k', '//other/k']],
    ['files.example.com', '/', ['store/*', '/', '/']],
    ['files.example.com', '/media/k', ['media', '/media/k', '/k']],
  ])('%s%s', (host, target, found) => {
    expect(asked(NAMED, host, target)).toEqual(found);
  });

  test('alone, if paths name none', () => {
    const alone = { ...NAMED, paths: null };
    expect(asked(alone, 'media.files.example.com', '/k')).toEqual(['media', '/media/k', '/k']);
    expect(asked(alone, 'files.example.com', '/?a')).toEqual(['store/*', '/?a', '/?a']);
    expect(asked(alone, 'files.example.com', '/media/k')).toBe('NoSuchBucket');
  });

  test('to a store that takes the name in the host, with the target as it is', () => {
    const style = { ...NAMED, style: 'host' } as const;
    expect(asked(style, 'media.files.example.com', '/a/../b')).toEqual(['media', '/a/../b', '/a/../b']);
  });
});

describe('no other bucket is named by', () => {
  const dotted = [
    '/media/../other/k',
    '/media/..',
    '/media/./k',
    '/media/%2e%2E/other',
    '/media/a%2f..%2fother',
  ];
  const hidden = ['/media/..;x/other', '/media/..%3bx/other', '/media/..\\other', '/media/a%5c..%5cother'];
  test.each([...dotted, ...hidden])('the dot segment in %s', (target) => {
    expect(asked({}, 'h', target)).toBe('InvalidURI');
    expect(asked({ style: 'host' }, 'h', target)).toBe('InvalidURI');
    expect(asked(NAMED, 'media.files.example.com', target)).toBe('InvalidURI');
  });

  test.each(['//media/k', '//', '///k'])('an empty name: %s', (target) => {
    expect(asked({}, 'h', target)).toBe('InvalidURI');
  });

  test.each([
    '/me/k',
    `/${'a'.repeat(64)}/k`,
    '/Media/k',
    '/me_dia/k',
    '/-media/k',
    '/media-/k',
    '/a..b/k',
    '/10.0.0.1/k',
    '/../media/k',
    '/./k',
    '/%2e%2e/k',
    '/media%2fother/k',
    '/media%2Fk',
    '/media%5cother/k',
    '/media\\other/k',
    '/media%00/k',
    '/media%20/k',
    '/%6dedia/k',
    '/media;x/k',
    '/media%3bx/k',
    '/media%253Aother/k',
    '/a:b:media/k',
    '/a%3Ab%3Amedia/k',
    '/:media/k',
    '/te-am:media/k',
    '/médïa/k',
    '/media@other/k',
    '/point-0123456789-s3alias/k',
    '/point--ol-s3/k',
    '/point.mrap/k',
    '/ap-01-0123-ossalias/k',
    '/fc-ap-01-0123-opap/k',
    '/team:point-s3alias/k',
    '/media%0d%0aHost:x/k',
  ])('what is not a name: %s', (target) => {
    expect(asked({}, 'h', target)).toBe('NoSuchBucket');
  });

  test.each([
    'team:media.files.example.com',
    'a%2eb.files.example.com:80:80',
    'me_dia.files.example.com',
    '.files.example.com',
    '-a-.files.example.com',
    'xfiles.example.com',
    'media.files.example.com.evil.example',
    'bücher%2e.files.example.com',
    'example.com',
    '',
  ])('the host %s', (host) => {
    expect(asked(NAMED, host, '/k')).toBe('NoSuchBucket');
  });

  test('a tenant, where the store has none', () => {
    expect(asked({ style: 'host' }, 'h', '/team:media/k')).toBe('NoSuchBucket');
    const behaviour = { ...PLAN.behaviour, dialect: 'oss' } as const;
    expect(asked({ behaviour }, 'h', '/team:media/k')).toBe('NoSuchBucket');
    expect(asked({ behaviour }, 'h', '/a.b/k')).toBe('NoSuchBucket');
  });

  test('another spelling of the host with keepHost, which the store might read in another way', () => {
    const route = { keepHost: true };
    const plan = { ...NAMED, style: 'host', paths: null, route } as const;
    expect(asked(plan, 'Media.files.example.com:80', '/k')).toEqual(['media', '/k', '/k']);
    for (const host of ['media%2efiles.example.com', 'media.files.example.com.', 'ⓜedia.files.example.com'])
      expect(asked(plan, host, '/k')).toBe('NoSuchBucket');
  });
});

describe('lists of names', () => {
  test.each<
    readonly [
      allow: readonly string[] | undefined,
      deny: readonly string[] | undefined,
      name: string,
      is: boolean,
    ]
  >([
    [undefined, undefined, 'any', true],
    [['media-*'], undefined, 'media-1', true],
    [['media-*'], undefined, 'media-', false],
    [['media-*'], undefined, 'xmedia-1', false],
    [['media-*'], undefined, 'team:media-1', false],
    [['*:media-*'], undefined, 'team:media-1', true],
    [['*'], ['*-private'], 'a-private', false],
    [['*'], ['*-private'], 'team:a-private', false],
    [['*'], ['a*b*c'], 'a1b2c', false],
    [['*'], ['a*b*c'], 'a1c2b', true],
    [['*'], ['ab*ba'], 'aba', true],
    [['*'], ['ab*ba'], 'abba', false],
    [undefined, ['one'], 'one', false],
    [undefined, ['one'], 'one1', true],
    [undefined, ['team:*'], 'team:any', false],
  ])('allow %j, deny %j: %s is served: %j', (allow, deny, name, is) => {
    const plan = { ...(allow && { allow }), ...(deny && { deny }) };
    expect(asked(plan, 'h', `/${name}/k`)).toEqual(is ? [name, `/${name}/k`, '/k'] : 'NoSuchBucket');
  });
});

describe('buckets with names come before the store', () => {
  const own = bucket('own', { hosts: ['media.files.example.com'] });
  const below = bucket('below', { hosts: ['files.example.com'], prefix: '/own' });
  const any = bucket('any', { prefix: '/any' });

  test.each<readonly [host: string, target: string, name: string]>([
    ['media.files.example.com', '/k', 'own'],
    ['other.files.example.com', '/k', 'other'],
    ['files.example.com', '/own/k', 'below'],
    ['files.example.com', '/owned/k', 'owned'],
    ['files.example.com', '/', 'store/*'],
    ['files.example.com', '/any/k', 'any'],
    ['elsewhere.example', '/any/k', 'any'],
  ])('%s%s is of %s', (host, target, name) => {
    const found = createRouter([own, below, any], storeOf(NAMED))(host, target);
    expect(found.bucket?.name).toBe(name);
    // The store's own hosts come before buckets at every host.
    if (host === 'files.example.com' && name === 'any') expect(found.bucket?.ofStore).toBeDefined();
  });

  test('and a store at every host serves none that a bucket has', () => {
    const router = createRouter([own, any], storeOf({}));
    expect(router('media.files.example.com', '/k').bucket?.name).toBe('own');
    expect(router('h', '/any/k').bucket).toBe(any);
    expect(router('h', '/other/k').bucket?.name).toBe('other');
    const deep = createRouter([bucket('deep', { hosts: ['d.example'], prefix: '/p' })], storeOf({}));
    expect(deep('d.example', '/other/k')).toEqual({ bucket: null, fault: 'NoSuchBucket' });
  });
});

test('whatever a client writes, the store reads the bucket that the edge has found', () => {
  const piece = fc.constantFrom(
    'media',
    'other',
    '/',
    '//',
    '..',
    '.',
    '%2e',
    '%2F',
    '%5c',
    '\\',
    ';',
    ':',
    '%3A',
    '?',
    'A',
    'x',
  );
  const router = createRouter([], storeOf({ deny: ['other'] }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const route = router('h', `/${pieces.join('')}`);
      if (route.bucket === null || route.bucket.ofStore === undefined) return;
      // As a lenient store reads it: decoded twice, with backslashes, without parameters, normalised.
      const path = (route.target.split('?', 1)[0] ?? '').replace(/%3a/gi, ':');
      const lenient = path
        .replace(/%2e/gi, '.')
        .replace(/%2f|%5c|\\/gi, '/')
        .replace(/;[^/]*/g, '');
      const [, first] = new URL(lenient.replace(/^\/+/, '/'), 'http://h').pathname.split('/');
      expect(first).toBe(route.bucket.name);
      expect(first).not.toBe('other');
    }),
    { numRuns: 5_000 },
  );
});

test('the host of a store is compared as all hosts are', () => {
  expect(hostName('Media.Files.Example.com.:80')).toBe('media.files.example.com');
});
