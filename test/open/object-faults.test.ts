import { describe, expect, test } from 'vitest';
import { type BucketConfig, onlyBucket } from '../../src/config/file.ts';
import { readConfig } from '../../src/config/read.ts';
import { asFlag } from '../../src/config/spell.ts';
import { accessOf } from '../../src/open/access.ts';
import { accessFaults } from '../../src/open/access-faults.ts';
import { authorizeWarnings } from '../../src/open/authorize-warnings.ts';
import type { SigningMeans } from '../../src/open/signer.ts';
import { PASSING } from '../helpers/access.ts';

const AWS = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'a-secret' };
const OSS = { OSS_ACCESS_KEY_ID: 'LTAIabcdefgh', OSS_ACCESS_KEY_SECRET: 'a-secret' };

function configOf(options: Readonly<Record<string, string>>): BucketConfig {
  const given = Object.entries({ rules: '[]', ...options }).map(([place, text]) => [place, { place, text }]);
  const read = readConfig(Object.fromEntries(given));
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return onlyBucket(read.value);
}

async function faultsOf(
  options: Readonly<Record<string, string>>,
  means: SigningMeans,
  more: Partial<BucketConfig> = {},
): Promise<readonly string[]> {
  const config = { ...configOf(options), ...more };
  if (config.bucket === null) throw new Error('the configuration has no bucket');
  const access = accessOf(config, 'media', asFlag);
  return accessFaults(config, access, config.bucket, {
    ...means,
    spell: asFlag,
    register: null,
    registerWrite: '',
  });
}

const MINIO = { bucket: 'http://127.0.0.1:9000/media', store: 's3' };
const NAMED = { ...MINIO, bucketName: 'media', region: 'us-east-1' };

describe('faults of the start', () => {
  test.each<
    readonly [what: string, options: Readonly<Record<string, string>>, env: SigningMeans['variables']]
  >([
    ['nothing is signed', MINIO, {}],
    ['the address has name and region', { bucket: 's3://my-bucket?region=eu-west-1', objects: 'sign' }, AWS],
    ['options name them', { ...NAMED, objects: 'resign' }, AWS],
    ['an S3 store has its default region', { ...MINIO, bucketName: 'media', objects: 'resign' }, AWS],
    [
      'V1 needs no region',
      { bucket: 'https://files.example', bucketName: 'media', objects: 'sign', signature: 'v1' },
      OSS,
    ],
    [
      'clients have keys of their own, and the edge has none',
      { ...NAMED, objects: 'resign', clientKeys: 'env:TEAM' },
      { TEAM_AWS_ACCESS_KEY_ID: 'id', TEAM_AWS_SECRET_ACCESS_KEY: 'secret' },
    ],
  ])('are absent if %s', async (_, options, variables) => {
    expect(await faultsOf(options, { variables })).toEqual([]);
  });

  test.each<
    readonly [
      what: string,
      options: Readonly<Record<string, string>>,
      env: SigningMeans['variables'],
      lines: RegExp[],
    ]
  >([
    [
      'the keys are missing',
      { ...NAMED, objects: 'sign' },
      {},
      [/--objects sign: there are no keys .* AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY$/],
    ],
    [
      'the keys are switched off',
      { ...NAMED, objects: 'sign', credentials: 'none' },
      AWS,
      [/there are no keys to sign with/],
    ],
    [
      'a half of a key is missing',
      { ...NAMED, objects: 'sign' },
      { AWS_ACCESS_KEY_ID: 'id' },
      [/^--credentials: .*AWS_SECRET_ACCESS_KEY/],
    ],
    [
      'no key is behind a prefix',
      { ...NAMED, objects: 'resign', clientKeys: 'env:TEAM' },
      AWS,
      [/^--client-keys: there are no keys: set TEAM_AWS_ACCESS_KEY_ID/],
    ],
    [
      'name and region are unknown',
      { bucket: 'http://127.0.0.1:9000/media', objects: 'sign' },
      OSS,
      [/^--bucket-name is missing/, /^--region is missing/],
    ],
    [
      'the platform has no files',
      { ...NAMED, objects: 'resign', clientKeys: 'file:./keys' },
      AWS,
      [/^--client-keys is a file/],
    ],
    [
      'the bucket is a folder',
      { bucket: './folder', objects: 'sign' },
      OSS,
      [/^--objects sign is for a bucket with an address.* write --objects pass$/],
    ],
    [
      'the client names the bucket',
      { ...NAMED, objects: 'sign', keepHost: 'true' },
      AWS,
      [/^--keep-host with --objects sign: a client could read any other bucket/],
    ],
  ])('are found if %s', async (_, options, variables, lines) => {
    const found = await faultsOf(options, { variables });
    expect(found).toEqual(lines.map((line) => expect.stringMatching(line)));
    expect(found.join()).not.toContain('a-secret');
  });

  test('are absent for the client’s Host if the hosts of the bucket are named', async () => {
    const options = { ...NAMED, objects: 'sign', keepHost: 'true' };
    expect(await faultsOf(options, { variables: AWS }, { hosts: ['media.example'] })).toEqual([]);
  });
});

describe('what the log of the start says', () => {
  const SIGN = {
    ...PASSING,
    objects: 'sign',
    bucketName: 'my-bucket',
    credentials: { kind: 'environment', prefix: null },
  } as const;
  test.each([
    [
      'a prefix',
      { ...SIGN, signPrefix: 'public/' },
      'every client of this edge can read the objects under public/ of my-bucket, signed with the key LTAIabcdefgh',
    ],
    [
      'no prefix',
      SIGN,
      'every client of this edge can read all objects of my-bucket, signed with the key LTAIabcdefgh',
    ],
  ])('names the objects that become public, with %s', async (_, access, line) => {
    expect(await authorizeWarnings(access, { variables: OSS })).toEqual([line]);
  });

  test('is nothing where the clients sign', async () => {
    for (const objects of ['pass', 'resign'] as const)
      expect(await authorizeWarnings({ ...SIGN, objects }, { variables: OSS })).toEqual([]);
  });
});
