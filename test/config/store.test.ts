import { describe, expect, test } from 'vitest';
import { readConfigFile } from '../../src/config/file.ts';
import { readConfig } from '../../src/config/read.ts';
import { onlyStore, type StoreConfig } from '../../src/config/store.ts';
import type { Fault } from '../../src/document/fault.ts';

const FILE = 'edge.json';
const MINIO = 'http://127.0.0.1:9000';
const OSS = 'https://oss-cn-hangzhou.aliyuncs.com';

const read = (content: object) => readConfigFile(JSON.stringify(content), FILE);

function storeOf(fields: object): StoreConfig | null {
  const found = read({ store: fields });
  if (!found.ok) throw new Error(JSON.stringify(found.faults));
  return found.value.store;
}

const faultsOf = (content: object): readonly Fault[] => {
  const found = read(content);
  return found.ok ? [] : found.faults;
};

describe('an entry "store"', () => {
  test.each<readonly [what: string, fields: Record<string, unknown>, expected: Partial<StoreConfig>]>([
    [
      'needs its URL alone',
      { url: MINIO },
      { style: 'path', store: 's3', hosts: null, suffixes: [], paths: '', keepHost: false },
    ],
    ['of OSS takes names in the host', { url: OSS }, { style: 'host', store: 'oss' }],
    ['of AWS takes names in the path', { url: 'https://s3.eu-central-1.amazonaws.com' }, { style: 'path' }],
    [
      'of AWS may take them in the host',
      { url: 'https://s3.eu-central-1.amazonaws.com', style: 'host' },
      { style: 'host' },
    ],
    [
      'names buckets by hosts, in any spelling',
      { url: MINIO, hosts: ['{bucket}.Files.Example.com', '{bucket}.a.files.example.com', 's3.example.com'] },
      {
        hosts: ['files.example.com', 'a.files.example.com', 's3.example.com'],
        suffixes: ['.a.files.example.com', '.files.example.com'],
        paths: '',
      },
    ],
    ['names them by hosts alone', { url: MINIO, hosts: '{bucket}.f.example', paths: false }, { paths: null }],
    ['names them below a path', { url: MINIO, paths: '/s3/{bucket}' }, { paths: '/s3' }],
    ['names them in the path', { url: MINIO, paths: '/{bucket}' }, { paths: '' }],
    [
      'has lists of names',
      { url: MINIO, allow: ['media-*', '*:x-*'], deny: '*-private' },
      { allow: ['media-*', '*:x-*'], deny: ['*-private'] },
    ],
    [
      'has the options of a bucket',
      {
        url: MINIO,
        region: 'eu',
        credentials: 'env:A',
        vary: 'store',
        bucketHeadTimeout: '15m',
        trustForwarded: true,
      },
      {
        region: 'eu',
        credentials: { kind: 'environment', prefix: 'A' },
        vary: 'store',
        bucketHeadTimeout: 900_000,
        trustForwarded: true,
      },
    ],
    [
      'sends the Host of the client to a store that reads the path',
      { url: MINIO, keepHost: true, hosts: ['files.example.com'] },
      { keepHost: true },
    ],
    [
      'sends the Host of the client to a store that reads the host',
      { url: OSS, keepHost: true, hosts: ['{bucket}.files.example.com'], paths: false },
      { keepHost: true, paths: null },
    ],
  ])('%s', (_, fields, expected) => {
    expect(storeOf(fields)).toMatchObject(expected);
  });

  test('stands beside a bucket that serves some of its hosts', () => {
    const buckets = { a: { bucket: './a', hosts: ['a.b'] } };
    expect(read({ store: { url: MINIO, hosts: ['a.b', 'c.d'] }, buckets }).ok).toBe(true);
    expect(read({ store: { url: MINIO, hosts: ['{bucket}.a.b'] }, buckets }).ok).toBe(true);
  });

  test('stands beside buckets', () => {
    const found = read({ store: { url: MINIO }, buckets: { media: { bucket: './m', prefix: '/media' } } });
    expect(found.ok && [found.value.buckets.length, found.value.store?.style]).toEqual([1, 'path']);
  });
});

describe('a fault names its place, its value and what to write', () => {
  const HOST = '{bucket}.files.example.com';
  test.each<
    readonly [what: string, content: Record<string, unknown>, place: string, reason: RegExp, write: RegExp]
  >([
    ['a text', { store: MINIO }, 'store', /not an object/, /"url"/],
    ['no URL', { store: {} }, 'store: url', /missing/, /"https:/],
    ['a URL that is a number', { store: { url: 9 } }, 'store: url', /not a text/, /"https:/],
    ['no scheme', { store: { url: '127.0.0.1:9000' } }, 'store: url', /no scheme/, /http:\/\/127/],
    ['another scheme', { store: { url: 'ftp://h' } }, 'store: url', /scheme ftp:/, /oss-cn-hangzhou/],
    [
      'a bucket in the URL',
      { store: { url: 'https://media.oss-cn-hangzhou.aliyuncs.com' } },
      'store: url',
      /names the bucket media/,
      /endpoint alone/,
    ],
    [
      'a path that OSS does not take',
      { store: { url: `${OSS}/media` } },
      'store: url',
      /path/,
      /endpoint alone/,
    ],
    [
      'an unknown style',
      { store: { url: MINIO, style: 'virtual' } },
      'store: style',
      /allowed values/,
      /"host" or "path"/,
    ],
    [
      'subdomains of an address',
      { store: { url: MINIO, style: 'host' } },
      'store: style',
      /no subdomains/,
      /"path"/,
    ],
    ['paths at OSS', { store: { url: OSS, style: 'path' } }, 'store: style', /only as a subdomain/, /"host"/],
    ['no hosts', { store: { url: MINIO, hosts: [] } }, 'store: hosts', /not a list/, /\{bucket\}/],
    [
      'a host with a port',
      { store: { url: MINIO, hosts: [`${HOST}:80`] } },
      'store: hosts',
      /neither a host/,
      /without a port/,
    ],
    [
      'a name within a label',
      { store: { url: MINIO, hosts: ['a-{bucket}.b.c'] } },
      'store: hosts',
      /neither a host/,
      /\{bucket\}/,
    ],
    [
      'an address after the name',
      { store: { url: MINIO, hosts: ['{bucket}.10.0.0.1'] } },
      'store: hosts',
      /neither a host/,
      /\{bucket\}/,
    ],
    [
      'paths that end elsewhere',
      { store: { url: MINIO, paths: '/s3' } },
      'store: paths',
      /ends in \/\{bucket\}/,
      /\/s3\/\{bucket\}/,
    ],
    [
      'paths with a dot segment',
      { store: { url: MINIO, paths: '/../{bucket}' } },
      'store: paths',
      /ends in/,
      /\/s3\/\{bucket\}/,
    ],
    [
      'no way to name a bucket',
      { store: { url: MINIO, paths: false } },
      'store: paths',
      /no way/,
      /hosts with/,
    ],
    ['an empty list', { store: { url: MINIO, allow: [] } }, 'store: allow', /empty/, /media-\*/],
    [
      'a pattern that fits no name',
      { store: { url: MINIO, deny: ['Media'] } },
      'store: deny',
      /no name/,
      /media-\*/,
    ],
    ['an unknown key', { store: { url: MINIO, bucket: 'x' } }, 'store: bucket', /not an option/, /url/],
    [
      'a wrong option',
      { store: { url: MINIO, vary: 'x' } },
      'store: vary',
      /allowed values/,
      /safe or store/,
    ],
    [
      'another dialect than the address has',
      { store: { url: OSS, store: 's3' } },
      'store: store',
      /contradicts/,
      /oss/,
    ],
    [
      'another region than the address has',
      { store: { url: OSS, region: 'cn-beijing' } },
      'store: region',
      /contradicts/,
      /cn-hangzhou/,
    ],
    [
      'signed reads of every bucket',
      { store: { url: MINIO, objects: 'sign' } },
      'store: objects',
      /every client read every bucket/,
      /"allow"/,
    ],
    [
      'keepHost without hosts',
      { store: { url: MINIO, keepHost: true } },
      'store: keepHost',
      /any other bucket.*no hosts/,
      /"hosts"/,
    ],
    [
      'keepHost with names in hosts, at a store that reads paths',
      { store: { url: MINIO, keepHost: true, hosts: HOST } },
      'store: keepHost',
      /any other bucket/,
      /"style": "host"/,
    ],
    [
      'keepHost with names in paths, at a store that reads hosts',
      { store: { url: OSS, keepHost: true, hosts: HOST } },
      'store: keepHost',
      /any other bucket/,
      /"paths": false/,
    ],
    [
      'a bucket that serves every path of its hosts',
      {
        store: { url: MINIO, hosts: ['a.b', 'c.d'] },
        buckets: { a: { bucket: './a', hosts: ['c.d', 'a.b'] } },
      },
      'store',
      /never asked: the bucket a/,
      /a prefix/,
    ],
    [
      'a bucket that serves everything',
      { store: { url: MINIO }, buckets: { a: { bucket: './a' } } },
      'store',
      /never asked: the bucket a/,
      /a prefix/,
    ],
  ])('%s', (_, content, place, reason, write) => {
    expect(faultsOf(content)).toEqual([
      expect.objectContaining({
        place: `${FILE}: ${place}`,
        reason: expect.stringMatching(reason),
        write: expect.stringMatching(write),
      }),
    ]);
  });

  test('all at once, and no password', () => {
    const found = faultsOf({
      store: { url: 'http://u:secret@h', style: 'x', paths: 1, allow: 7, vary: 'x' },
    });
    expect(found.map(({ place }) => place)).toEqual(
      ['url', 'paths', 'allow', 'vary'].map((key) => `${FILE}: store: ${key}`),
    );
    expect(JSON.stringify(found)).not.toContain('secret');
  });
});

describe('--store-url', () => {
  const given = (flags: Record<string, string>) =>
    readConfig(
      Object.fromEntries(Object.entries(flags).map(([name, text]) => [name, { place: `--${name}`, text }])),
    );

  test('serves every bucket at its path, with the options of a bucket', () => {
    const config = given({ storeUrl: MINIO, region: 'eu' });
    expect(config.ok && onlyStore(config.value)).toMatchObject({
      style: 'path',
      store: 's3',
      hosts: null,
      paths: '',
      region: 'eu',
      place: { address: { base: MINIO } },
    });
    const oss = given({ storeUrl: OSS });
    expect(oss.ok && onlyStore(oss.value)).toMatchObject({ style: 'host', store: 'oss' });
  });

  test('does not stand beside a bucket, and does not let a client name a bucket by its Host', () => {
    const both = given({ storeUrl: MINIO, bucket: './a' });
    expect(both.ok ? [] : both.faults).toMatchObject([
      { place: '--storeUrl', reason: 'stands beside --bucket' },
    ]);
    const host = given({ storeUrl: MINIO, keepHost: 'true' });
    expect(host.ok ? [] : host.faults).toMatchObject([
      { place: '--keepHost', reason: expect.stringContaining('any other bucket') },
    ]);
  });
});
