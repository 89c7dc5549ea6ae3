import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { GetObjectCommand, PutBucketCorsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import OSS from 'ali-oss';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../src/node/directory/server.ts';
import { call, element } from '../helpers/client.ts';
import { until } from '../helpers/until.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { allows, type Edge, edges, linesWith } from './_edges.ts';
import { PATIENCE, run } from './_process.ts';

const KEYS = { accessKeyId: 'LTAI-an-id', accessKeySecret: 'a-secret' };
const OSS_ENV = { OSS_ACCESS_KEY_ID: KEYS.accessKeyId, OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret };
const AWS_ENV = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.accessKeySecret };
const OSS_FLAGS = ['--bucket-name', 'media', '--region', 'cn-hangzhou'];
const S3_FLAGS = ['--store', 's3', '--bucket-name', 'media', '--region', 'us-east-1'];

const { at, serveWith } = edges();
let bucket: OpenDirectoryBucket;
beforeEach(async () => {
  await mkdir(at('media', 'public'), { recursive: true });
  await writeFile(at('media', 'public', 'a'), 'content');
  await writeFile(at('media', 'private'), 'secret');
  bucket = await openDirectoryBucket({ folder: at('media'), credentials: KEYS });
  await writeFile(bucket.rulesFile, rulesFor('https://a.example'));
});
afterEach(() => bucket.close());

/** Asks over several connections, which reach both worker processes. */
const statuses = (edge: Edge, target: string) =>
  Promise.all(Array.from({ length: 6 }, async () => (await call(edge.url, { target })).status));

describe('--objects sign', () => {
  test.each([
    ['OSS V4', OSS_ENV, OSS_FLAGS, []],
    ['OSS V1', OSS_ENV, [...OSS_FLAGS, '--signature', 'v1'], []],
    ['SigV4', AWS_ENV, S3_FLAGS, []],
    ['SigV4 in two worker processes', AWS_ENV, S3_FLAGS, ['--workers', '2']],
  ])(
    'serves a private bucket under the prefix, and says so at the start: %s',
    async (_, env, flags, more) => {
      const own = ['--objects', 'sign', '--sign-prefix', 'public/'];
      const edge = await serveWith({ env }, '--bucket', bucket.url, ...flags, ...own, ...more);
      expect(linesWith(edge, /^every client of this edge can read/)).toMatchObject([
        {
          level: 'warn',
          msg: 'every client of this edge can read the objects under public/ of media, signed with the key LTAI-an-id',
        },
      ]);
      await until('the rules are loaded', () => allows(edge, 'https://a.example', 'localhost'), PATIENCE);
      expect(new Set(await statuses(edge, '/public/a'))).toEqual(new Set([200]));
      expect(new Set(await statuses(edge, '/private'))).toEqual(new Set([403]));
      expect((await call(edge.url, { target: '/public/a' })).body.toString()).toBe('content');
      expect(edge.stdout()).not.toContain('a-secret');
    },
  );

  test('exits with 1 without keys, and names what is missing', async () => {
    const refused = run([
      'serve',
      '--bucket',
      bucket.url,
      ...OSS_FLAGS,
      '--objects',
      'sign',
      '--rules',
      '[]',
    ]);
    expect(await refused.code).toBe(1);
    expect(refused.stderr()).toContain(
      '--objects sign: there are no keys to sign with: set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET',
    );
  });

  test('exits with 1 for a folder', async () => {
    const refused = run(['serve', '--bucket', at('media'), '--objects', 'sign'], { env: OSS_ENV });
    expect(await refused.code).toBe(1);
    expect(refused.stderr()).toContain('--objects sign is for a bucket with an address');
  });
});

describe.each([
  ['one process', []],
  ['two worker processes', ['--workers', '2']],
])('--objects resign in %s', (_, more) => {
  const options = { region: 'us-east-1', bucketEndpoint: true, maxAttempts: 1 } as const;
  const s3 = (secretAccessKey = KEYS.accessKeySecret) =>
    new S3Client({ ...options, credentials: { accessKeyId: KEYS.accessKeyId, secretAccessKey } });

  test('lets an S3 client write objects and rules under the edge’s name', async () => {
    const edge = await serveWith(
      { env: AWS_ENV },
      '--bucket',
      bucket.url,
      ...S3_FLAGS,
      '--objects',
      'resign',
      ...more,
    );
    const object = { Bucket: edge.url, Key: 'dir/a b' };
    await s3().send(new PutObjectCommand({ ...object, Body: 'content' }));
    expect(await readFile(at('media', 'dir', 'a b'), 'utf8')).toBe('content');
    expect(await (await s3().send(new GetObjectCommand(object))).Body?.transformToString()).toBe('content');
    const CORSRules = [{ AllowedMethods: ['GET'], AllowedOrigins: ['https://b.example'] }];
    await s3().send(new PutBucketCorsCommand({ Bucket: edge.url, CORSConfiguration: { CORSRules } }));
    expect(await allows(edge, 'https://b.example', 'localhost')).toBe(true);
    await expect(s3('wrong').send(new GetObjectCommand(object))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
    const anonymous = await call(edge.url, { target: '/dir/a%20b' });
    expect([anonymous.status, element(anonymous, 'Code')]).toEqual([403, 'AccessDenied']);
  });

  test('lets an OSS client write objects and rules under the edge’s name', async () => {
    const edge = await serveWith(
      { env: OSS_ENV },
      '--bucket',
      bucket.url,
      ...OSS_FLAGS,
      '--objects',
      'resign',
      ...more,
    );
    const oss = new OSS({
      ...KEYS,
      bucket: 'media',
      region: 'oss-cn-hangzhou',
      endpoint: edge.url,
      cname: true,
      authorizationV4: true,
    } as OSS.Options);
    await oss.put('dir/a b', Buffer.from('content'));
    expect(await readFile(at('media', 'dir', 'a b'), 'utf8')).toBe('content');
    await oss.putBucketCORS('media', [{ allowedOrigin: 'https://b.example', allowedMethod: 'GET' }]);
    expect((await oss.getBucketCORS('media')).rules).toMatchObject([{ allowedOrigin: 'https://b.example' }]);
    expect(await allows(edge, 'https://b.example', 'localhost')).toBe(true);
  });
});
