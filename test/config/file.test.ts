import { describe, expect, test } from 'vitest';
import { type BucketConfig, readConfigFile } from '../../src/config/file.ts';

const FILE = 'edge.json';
const MEDIA = 'oss://media?region=cn-hangzhou';

const read = (content: unknown) =>
  readConfigFile(typeof content === 'string' ? content : JSON.stringify(content), FILE);

function bucketsOf(content: unknown): readonly BucketConfig[] {
  const found = read(content);
  if (!found.ok) throw new Error(JSON.stringify(found.faults));
  return found.value.buckets;
}

const DEFAULTS = {
  rules: { kind: 'bucket' },
  store: 'oss',
  vary: 'safe',
  bucketName: null,
  rulesToken: null,
  region: null,
  signature: 'v4',
  credentials: { kind: 'environment', prefix: null },
  clientKeys: null,
  bucketKeys: null,
  management: null,
  objects: 'pass',
  signPrefix: null,
  keepHost: false,
  trustForwarded: false,
  forwarded: 'all',
  dangerouslyPassProxyCommands: false,
  bucketConnectTimeout: 5_000,
  bucketHeadTimeout: 60_000,
  dangerouslyAllowCredentials: false,
  dangerouslyOpenBucket: false,
  keepPrefix: false,
  preload: false,
};
const HTTP = { kind: 'http', address: { base: 'http://h:9000', host: 'h:9000', path: '' } };

describe('a bucket', () => {
  test.each<readonly [string, Record<string, unknown>, Record<string, unknown>]>([
    ['needs its place alone', {}, {}],
    ['has hosts, in any case', { hosts: ['A.example', 'b.example'] }, { hosts: ['a.example', 'b.example'] }],
    ['has one host as a text', { hosts: 'a.example' }, { hosts: ['a.example'] }],
    ['has a host with a dot at its end', { hosts: 'A.example.' }, { hosts: ['a.example'] }],
    ['has a host with underscores', { hosts: 'my_files.a_b' }, { hosts: ['my_files.a_b'] }],
    ['has a host in letters of its own', { hosts: 'Bücher.example' }, { hosts: ['xn--bcher-kva.example'] }],
    ['has a host in A-labels', { hosts: 'XN--bcher-kva.example' }, { hosts: ['xn--bcher-kva.example'] }],
    [
      'has an address in another spelling',
      { hosts: ['[0::0:1]', '127.1'] },
      { hosts: ['[::1]', '127.0.0.1'] },
    ],
    ['has an address for a host', { hosts: ['[::1]', '10.0.0.1'] }, { hosts: ['[::1]', '10.0.0.1'] }],
    ['has a prefix', { prefix: '/media' }, { prefix: '/media' }],
    [
      'has a deep prefix with keepPrefix',
      { prefix: '/a/b.c', keepPrefix: true },
      { prefix: '/a/b.c', keepPrefix: true },
    ],
    [
      'has limits of its own on the bucket',
      { bucketConnectTimeout: '2s', bucketHeadTimeout: '15m' },
      { bucketConnectTimeout: 2_000, bucketHeadTimeout: 900_000 },
    ],
    ['is preloaded', { preload: true }, { preload: true }],
    ['has rules of its own', { rules: './r.xml' }, { rules: { kind: 'file', path: './r.xml' } }],
    ['has a store', { store: 's3' }, { store: 's3' }],
    ['has a Vary mode', { vary: 'store' }, { vary: 'store' }],
    [
      'has what signing needs',
      { bucketName: 'media', region: 'cn-hangzhou', signature: 'v1', credentials: 'env:MEDIA' },
      {
        bucketName: 'media',
        region: 'cn-hangzhou',
        signature: 'v1',
        credentials: { kind: 'environment', prefix: 'MEDIA' },
      },
    ],
    ['has its keys in a file', { credentials: 'file:/k' }, { credentials: { kind: 'file', path: '/k' } }],
    [
      'allows credentials by a JSON boolean',
      { dangerouslyAllowCredentials: true },
      { dangerouslyAllowCredentials: true },
    ],
    [
      'allows credentials by a text',
      { dangerouslyAllowCredentials: 'true' },
      { dangerouslyAllowCredentials: true },
    ],
  ])('%s', (_, fields, expected) => {
    expect(bucketsOf({ buckets: { media: { bucket: 'http://h:9000', ...fields } } })).toEqual([
      { name: 'media', bucket: HTTP, ...DEFAULTS, ...expected },
    ]);
  });

  test('has the store of its address', () => {
    const [bucket] = bucketsOf({ buckets: { media: { bucket: 's3://media?region=us-east-1' } } });
    expect(bucket?.store).toBe('s3');
  });

  test.each(['media', 'a.b-c_d', '7', 'M'.repeat(128)])('may be called %s', (name) => {
    expect(bucketsOf({ buckets: { [name]: { bucket: MEDIA } } })[0]?.name).toBe(name);
  });
});

test('several buckets are returned in order, each with its own hosts and prefix', () => {
  const buckets = bucketsOf({
    buckets: {
      any: { bucket: './any' },
      under: { bucket: './under', prefix: '/under' },
      host: { bucket: './host', hosts: ['a.example'] },
      both: { bucket: './both', hosts: ['a.example', 'b.example'], prefix: '/under' },
    },
  });
  expect(buckets.map(({ name, hosts, prefix }) => [name, hosts, prefix])).toEqual([
    ['any', undefined, undefined],
    ['under', undefined, '/under'],
    ['host', ['a.example'], undefined],
    ['both', ['a.example', 'b.example'], '/under'],
  ]);
});

test('the key $schema, which editors use, is ignored', () => {
  expect(
    bucketsOf({ $schema: './bucket-cors.schema.json', buckets: { media: { bucket: MEDIA } } }),
  ).toHaveLength(1);
});

test('options of the process are returned with their places', () => {
  const found = read({
    port: 80,
    logLevel: 'warn',
    debugReason: true,
    buckets: { media: { bucket: MEDIA } },
  });
  expect(found.ok && found.value.options).toMatchObject({
    port: { place: `${FILE}: port`, text: '80' },
    logLevel: { place: `${FILE}: logLevel`, text: 'warn' },
    debugReason: { place: `${FILE}: debugReason`, text: 'true' },
  });
});
