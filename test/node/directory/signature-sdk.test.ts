import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetBucketCorsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import OSS from 'ali-oss';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Credentials } from '../../../src/bucket/sign/credentials.ts';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../../src/node/directory/server.ts';

const KEYS: Credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' };
const TEMPORARY: Credentials = {
  accessKeyId: 'STS.ak',
  accessKeySecret: 'tsk',
  securityToken: 'CAIS+/=token',
};
const KEY = 'dir/a b+c é.txt';

let around: string;
let open: OpenDirectoryBucket;
// Without this function the SDK logs a warning; the tests end before it is called.
const never = () => Promise.reject(new Error('the token is still good'));
const fileOf = (key: string) => join(around, 'media', key);

beforeAll(async () => {
  around = await mkdtemp(join(tmpdir(), 'directory-bucket-'));
  await mkdir(join(around, 'media', 'dir'), { recursive: true });
  const folder = join(around, 'media');
  open = await openDirectoryBucket({ folder, credentials: [KEYS, TEMPORARY] });
});
beforeEach(async () => {
  await rm(open.rulesFile, { force: true });
  await mkdir(join(around, 'media', 'dir'), { recursive: true });
  await writeFile(fileOf(KEY), 'content');
});
afterAll(async () => {
  await open.close();
  await rm(around, { recursive: true });
});

describe.each([
  ['V1', false, KEYS],
  ['V1 with a token', false, TEMPORARY],
  ['V4', true, KEYS],
  ['V4 with a token', true, TEMPORARY],
])('the SDK ali-oss, %s', (_, authorizationV4, keys) => {
  const client = (secret = keys.accessKeySecret) =>
    new OSS({
      accessKeyId: keys.accessKeyId,
      accessKeySecret: secret,
      ...(keys.securityToken && { stsToken: keys.securityToken, refreshSTSToken: never }),
      bucket: 'media',
      region: 'oss-cn-hangzhou',
      // A name, because the SDK signs no URLs for an IP address.
      endpoint: open.url.replace('127.0.0.1', 'localhost'),
      cname: true,
      authorizationV4,
    } as OSS.Options);

  test('puts, heads, gets and deletes an object', async () => {
    const oss = client();
    await oss.put('dir/new x.json', Buffer.from('{}'), { meta: { uid: 1, pid: 1 } });
    expect((await oss.head('dir/new x.json')).status).toBe(200);
    expect(String((await oss.get('dir/new x.json')).content)).toBe('{}');
    await oss.delete('dir/new x.json');
    await expect(oss.get('dir/new x.json')).rejects.toMatchObject({ code: 'NoSuchKey' });
  });

  test('writes and reads the rules', async () => {
    const oss = client();
    await expect(oss.getBucketCORS('media')).rejects.toMatchObject({ code: 'NoSuchCORSConfiguration' });
    await oss.putBucketCORS('media', [{ allowedOrigin: 'https://a.example', allowedMethod: 'GET' }]);
    expect((await oss.getBucketCORS('media')).rules).toMatchObject([{ allowedOrigin: 'https://a.example' }]);
  });

  test('gets SignatureDoesNotMatch with a wrong secret', async () => {
    await expect(client('x').get(KEY)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch', status: 403 });
  });

  test('signs URLs that read and write', async () => {
    const oss = client();
    const signUrl = (method: 'GET' | 'PUT', key: string) =>
      authorizationV4
        ? oss.signatureUrlV4(method, 60, { headers: {}, queries: {} }, key)
        : oss.signatureUrl(key, { method, expires: 60 });
    expect(await (await fetch(await signUrl('GET', KEY))).text()).toBe('content');
    const written = await fetch(await signUrl('PUT', 'dir/put'), {
      method: 'PUT',
      body: Buffer.from('by URL'),
    });
    expect(written.status).toBe(200);
    expect(await readFile(fileOf('dir/put'), 'utf8')).toBe('by URL');
    expect((await fetch(await signUrl('GET', KEY), { method: 'DELETE' })).status).toBe(403);
  });
});

describe.each([
  ['', KEYS],
  [' with a token', TEMPORARY],
])('the SDK @aws-sdk/client-s3%s', (_, keys) => {
  // With WHEN_SUPPORTED a signed URL for an upload would require the checksum of an empty body.
  const client = (
    secretAccessKey = keys.accessKeySecret,
    checksums: 'WHEN_REQUIRED' | 'WHEN_SUPPORTED' = 'WHEN_REQUIRED',
  ) =>
    new S3Client({
      region: 'us-east-1',
      // With `bucketEndpoint` the SDK takes the bucket's URL in place of its name.
      bucketEndpoint: true,
      maxAttempts: 1,
      requestChecksumCalculation: checksums,
      credentials: {
        accessKeyId: keys.accessKeyId,
        secretAccessKey,
        ...(keys.securityToken && { sessionToken: keys.securityToken }),
      },
    });

  test('puts, heads, gets and deletes an object', async () => {
    const s3 = client();
    const object = { Bucket: open.url, Key: 'dir/new x.json' };
    await s3.send(new PutObjectCommand({ ...object, Body: '{}' }));
    expect((await s3.send(new HeadObjectCommand(object))).ContentLength).toBe(2);
    expect(await (await s3.send(new GetObjectCommand(object))).Body?.transformToString()).toBe('{}');
    await s3.send(new DeleteObjectCommand(object));
    await expect(s3.send(new GetObjectCommand(object))).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  test('puts a stream in chunks with a trailing checksum', async () => {
    const chunks = Array.from({ length: 40 }, (_unused, at) => Buffer.alloc(7000, at));
    const s3 = client(keys.accessKeySecret, 'WHEN_SUPPORTED');
    const Body = Readable.from(chunks);
    await s3.send(
      new PutObjectCommand({ Bucket: open.url, Key: 'dir/stream', Body, ContentLength: 280_000 }),
    );
    expect(Buffer.concat(chunks).equals(await readFile(fileOf('dir/stream')))).toBe(true);
  });

  test('writes and reads the rules', async () => {
    const s3 = client();
    const rules = { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['https://a.example'] }] };
    await s3.send(new PutBucketCorsCommand({ Bucket: open.url, CORSConfiguration: rules }));
    expect(await s3.send(new GetBucketCorsCommand({ Bucket: open.url }))).toMatchObject(rules);
  });

  test('gets SignatureDoesNotMatch with a wrong secret', async () => {
    const sent = client('x').send(new GetObjectCommand({ Bucket: open.url, Key: KEY }));
    await expect(sent).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  test('signs URLs that read and write', async () => {
    const s3 = client();
    const reading = await getSignedUrl(s3, new GetObjectCommand({ Bucket: open.url, Key: KEY }), {
      expiresIn: 60,
    });
    expect(await (await fetch(reading)).text()).toBe('content');
    const writing = await getSignedUrl(s3, new PutObjectCommand({ Bucket: open.url, Key: 'dir/put' }));
    expect((await fetch(writing, { method: 'PUT', body: 'by URL' })).status).toBe(200);
    expect(await readFile(fileOf('dir/put'), 'utf8')).toBe('by URL');
    expect((await fetch(reading, { method: 'DELETE' })).status).toBe(403);
  });
});
