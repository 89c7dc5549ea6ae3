import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import OSS from 'ali-oss';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call, corsHeaders, element, value } from '../helpers/client.ts';
import { openSignedStore, type SignedStore } from '../helpers/signed-store.ts';
import { A } from '../suite/sets.ts';
import { errorsOf, type RunningWorker, runWorker } from './_worker.ts';

const KEYS = { accessKeyId: 'AKIA-an-id', accessKeySecret: 'a-secret' };
const OSS_KEYS = { accessKeyId: 'LTAI-an-id', accessKeySecret: 'another-secret' };
const RULES = JSON.stringify({
  CORSRules: [{ AllowedOrigins: [A], AllowedMethods: ['GET', 'HEAD', 'PUT'] }],
});
const KEY = 'dir/a b+c é(1).txt';

let s3Store: SignedStore;
let ossStore: SignedStore;
let worker: RunningWorker;
beforeAll(async () => {
  s3Store = await openSignedStore({
    dialect: 's3',
    bucket: 'media',
    region: 'us-east-1',
    keys: [KEYS],
    pathStyle: true,
  });
  ossStore = await openSignedStore({
    dialect: 'oss',
    bucket: 'media',
    region: 'cn-hangzhou',
    keys: [OSS_KEYS],
  });
  const named = { bucketName: 'media', rules: RULES };
  const s3 = { ...named, bucket: s3Store.url, store: 's3', region: 'us-east-1' };
  const oss = { ...named, bucket: ossStore.url, store: 'oss', region: 'cn-hangzhou' };
  const buckets = {
    reading: { ...s3, prefix: '/reading', objects: 'sign', signPrefix: 'dir/' },
    wrong: { ...s3, prefix: '/wrong', objects: 'sign', credentials: 'env:WRONG' },
    resigning: { ...s3, prefix: '/media', objects: 'resign' },
    ossReading: { ...oss, prefix: '/oss', objects: 'sign' },
    ossReading1: { ...oss, prefix: '/oss1', objects: 'sign', signature: 'v1' },
    ossResigning: { ...oss, hosts: ['localhost'], objects: 'resign' },
  };
  worker = await runWorker({
    env: {
      BUCKET_CORS_CONFIG: JSON.stringify({ buckets }),
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.accessKeySecret,
      WRONG_AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      WRONG_AWS_SECRET_ACCESS_KEY: 'a-wrong-secret',
      OSS_ACCESS_KEY_ID: OSS_KEYS.accessKeyId,
      OSS_ACCESS_KEY_SECRET: OSS_KEYS.accessKeySecret,
    },
  });
});
beforeEach(() => {
  for (const { objects, seen } of [s3Store, ossStore]) {
    objects.clear();
    seen.length = 0;
  }
});
afterAll(async () => {
  const errors = errorsOf(worker);
  await worker.close();
  await s3Store.close();
  await ossStore.close();
  expect(errors).toEqual([]);
});

describe('reads that the Worker signs', () => {
  test.each([
    ['SigV4', '/reading', () => s3Store],
    ['OSS V4', '/oss', () => ossStore],
    ['OSS V1', '/oss1', () => ossStore],
  ])('by %s: objects, heads, ranges, conditions', async (_, prefix, store) => {
    store().objects.set('dir/a b', Buffer.from('0123456789'));
    const target = `${prefix}/dir/a%20b?v=1`;
    const headers = ['Origin', A, 'Accept-Encoding', 'gzip, br', 'X-Forwarded-For', '1.2.3.4'];
    const whole = await call(worker.url, { target, headers });
    expect([whole.status, whole.body.toString()]).toEqual([200, '0123456789']);
    expect(corsHeaders(whole)).toMatchObject({ 'access-control-allow-origin': A });
    const head = await call(worker.url, { method: 'HEAD', target });
    expect([head.status, value(head, 'content-length')]).toEqual([200, '10']);
    const part = await call(worker.url, { target, headers: ['Range', 'bytes=2-4'] });
    expect([part.status, part.body.toString()]).toEqual([206, '234']);
    const same = await call(worker.url, { target, headers: ['If-None-Match', value(whole, 'etag') ?? ''] });
    expect(same.status).toBe(304);
    expect(store().seen.map(({ refused }) => refused)).toEqual([null, null, null, null]);
  });

  test.each([
    ['another key', '/reading/private/a', []],
    ['the bucket', '/reading/', []],
    ['a client’s Authorization', '/reading/dir/a', ['Authorization', 'Basic eDp4']],
    ['a subresource', '/reading/dir/a?acl', []],
    ['a header of the store', '/reading/dir/a', ['x-amz-request-payer', 'requester']],
  ])('are refused for %s', async (_, target, headers) => {
    const refused = await call(worker.url, { target, headers });
    expect([refused.status, element(refused, 'Code')]).toEqual([403, 'AccessDenied']);
    expect(s3Store.seen).toEqual([]);
  });

  test.each([
    ['a body', 'GET'],
    ['no body', 'HEAD'],
  ])('that the bucket refuses have an answer of the Worker, with %s', async (_, method) => {
    const headers = ['Origin', A];
    const refused = await call(worker.url, { method, target: '/wrong/dir/a', headers });
    expect(refused.status).toBe(403);
    expect(corsHeaders(refused)).toMatchObject({ 'access-control-allow-origin': A });
    if (method === 'GET') {
      expect(element(refused, 'Code')).toBe('AccessDenied');
      expect(element(refused, 'Message')).toMatch(/^The bucket refused this request, which the edge signed/);
    }
    expect(s3Store.seen.map((seen) => seen.refused)).toEqual(['SignatureDoesNotMatch']);
    const lines = worker.lines.filter(({ msg }) => String(msg).startsWith('the bucket refuses requests'));
    expect(lines).toMatchObject([{ bucket: 'wrong', status: 403 }]);
  });

  test('are named in the log', () => {
    const lines = worker.lines.map(({ msg }) => msg);
    const line =
      'every client of this edge can read the objects under dir/ of media, signed with the key AKIA-an-id';
    expect(lines).toContain(`bucket reading: ${line}`);
    expect(JSON.stringify(worker.lines)).not.toMatch(/a-secret|another-secret/);
  });
});

describe('the SDK @aws-sdk/client-s3 through the Worker', () => {
  const client = (
    secretAccessKey = KEYS.accessKeySecret,
    checksums: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED' = 'WHEN_SUPPORTED',
  ) =>
    new S3Client({
      region: 'us-east-1',
      endpoint: worker.url,
      forcePathStyle: true,
      maxAttempts: 1,
      requestChecksumCalculation: checksums,
      credentials: { accessKeyId: KEYS.accessKeyId, secretAccessKey },
    });
  const object = { Bucket: 'media', Key: KEY };

  test('puts, heads, gets, lists and deletes objects', async () => {
    const s3 = client();
    await s3.send(new PutObjectCommand({ ...object, Body: 'content', Metadata: { a: '1' } }));
    expect(s3Store.objects.get(KEY)?.toString()).toBe('content');
    expect((await s3.send(new HeadObjectCommand(object))).ContentLength).toBe(7);
    const part = await s3.send(new GetObjectCommand({ ...object, Range: 'bytes=1-3' }));
    expect(await part.Body?.transformToString()).toBe('ont');
    const listed = await s3.send(new ListObjectsV2Command({ Bucket: 'media', Prefix: 'dir/' }));
    expect(listed.Contents?.map(({ Key }) => Key)).toEqual([KEY]);
    await s3.send(new DeleteObjectCommand(object));
    expect(s3Store.objects.size).toBe(0);
    expect(s3Store.seen.every(({ refused }) => refused === null)).toBe(true);
    expect(s3Store.seen[0]?.headers.get('host')).toBe(new URL(s3Store.url).host);
  });

  test('puts a stream in chunks with a trailing checksum, and parts', async () => {
    const bytes = randomBytes(6 * 1024 * 1024);
    const chunks = Array.from({ length: 6 }, (_, at) =>
      bytes.subarray(at * 1024 * 1024, (at + 1) * 1024 * 1024),
    );
    await client().send(
      new PutObjectCommand({ ...object, Body: Readable.from(chunks), ContentLength: bytes.length }),
    );
    expect(s3Store.seen[0]?.headers.get('x-amz-content-sha256')).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER');
    expect(s3Store.objects.get(KEY)?.equals(bytes)).toBe(true);
    const s3 = client();
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
    const { ETag } = await s3.send(
      new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: bytes }),
    );
    expect(ETag).toBe(`"${createHash('md5').update(bytes).digest('hex')}"`);
    const Parts = [{ PartNumber: 1, ETag }];
    await s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
    expect(s3Store.seen.every(({ refused }) => refused === null)).toBe(true);
  });

  test('reads and writes by signed URLs', async () => {
    const s3 = client(undefined, 'WHEN_REQUIRED');
    const writing = await getSignedUrl(s3, new PutObjectCommand(object), { expiresIn: 60 });
    expect((await fetch(writing, { method: 'PUT', body: 'by URL' })).status).toBe(200);
    const reading = await getSignedUrl(
      s3,
      new GetObjectCommand({ ...object, ResponseContentType: 'text/css' }),
    );
    const answered = await fetch(reading);
    expect([await answered.text(), answered.headers.get('content-type')]).toEqual(['by URL', 'text/css']);
    expect((await fetch(reading, { method: 'DELETE' })).status).toBe(403);
  });

  test('is refused with a wrong secret, and nothing is sent', async () => {
    const sent = client('wrong').send(new GetObjectCommand(object));
    await expect(sent).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    expect(s3Store.seen).toEqual([]);
  });
});

describe.each([
  ['V1', false],
  ['V4', true],
])('the SDK ali-oss through the Worker, %s', (_, authorizationV4) => {
  const client = () =>
    new OSS({
      ...OSS_KEYS,
      bucket: 'media',
      region: 'oss-cn-hangzhou',
      endpoint: worker.url.replace('127.0.0.1', 'localhost'),
      cname: true,
      authorizationV4,
    } as OSS.Options);

  test('puts, gets, lists and deletes objects', async () => {
    const oss = client();
    await oss.put(KEY, Buffer.from('content'), { mime: 'text/plain' });
    expect(String((await oss.get(KEY)).content)).toBe('content');
    expect((await oss.list({ 'max-keys': 10 }, {})).objects.map(({ name }) => name)).toEqual([KEY]);
    await oss.delete(KEY);
    expect(ossStore.seen.map(({ refused }) => refused)).toEqual([null, null, null, null]);
  });

  test('reads and writes by signed URLs', async () => {
    const oss = client();
    const signUrl = (method: 'GET' | 'PUT') =>
      authorizationV4
        ? oss.signatureUrlV4(method, 60, { headers: {}, queries: {} }, KEY)
        : oss.signatureUrl(KEY, { method, expires: 60 });
    expect((await fetch(await signUrl('PUT'), { method: 'PUT', body: Buffer.from('by URL') })).status).toBe(
      200,
    );
    expect(await (await fetch(await signUrl('GET'))).text()).toBe('by URL');
  });
});
