import { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCorsCommand,
  DeleteObjectsCommand,
  GetBucketCorsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, describe, expect, test } from 'vitest';
import { call } from '../helpers/client.ts';
import { SKIPPED } from './_programs.ts';
import { expectRulesInForce, type RULES } from './_rules.ts';
import { LARGE } from './_tree.ts';
import { OBJECT_WAYS, RULES_WAYS, useWays, type Way } from './_ways.ts';
import { digest } from './_witness.ts';

const ways = useWays('sdk');
const PART = 5 * 2 ** 20;

/** Keys that no file system allows, or that software often misparses. */
const KEYS = [
  'a//b',
  '/at/the/beginning',
  '//twice/at/the/beginning',
  'folder/',
  'a+b c%20d%2Fe?f#g&h=i',
  "(it's)!*~'\"",
  'line\nfeed',
  'ünï-日本-🙂',
  'x'.repeat(1000),
].map((key) => `keys/${key}`);

const toLoopback: LookupFunction = (_name, { all }, done) =>
  all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);

const clients: S3Client[] = [];

/** One attempt only: a retry would hide a fault. */
function clientFor({ endpoint, style, url, keys }: Way): S3Client {
  const at = new URL(endpoint);
  at.port = new URL(url).port;
  const client = new S3Client({
    endpoint: at.href,
    region: 'us-east-1',
    forcePathStyle: style === 'path',
    credentials: { accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey },
    maxAttempts: 1,
    // A gateway of 2022 does not support the checksums that the SDK adds by default.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      httpAgent: new Agent({ keepAlive: true, lookup: toLoopback }),
      requestTimeout: 20_000,
      throwOnRequestTimeout: true,
    },
  });
  clients.push(client);
  return client;
}

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

describe.skipIf(SKIPPED).each(OBJECT_WAYS)('AWS SDK for JavaScript, %s', (name) => {
  test.each(KEYS)('the key %j is written, read and listed', async (Key) => {
    const way = ways.way(name);
    const client = clientFor(way);
    const object = { Bucket: way.bucket, Key };
    await client.send(new PutObjectCommand({ ...object, Body: Key }));
    expect(await ways.witness.objects(way.bucket, Key)).toEqual({ '': digest(Key) });
    const { Body } = await client.send(new GetObjectCommand(object));
    expect(await Body?.transformToString()).toBe(Key);
    const list = new ListObjectsV2Command({ Bucket: way.bucket, Prefix: Key, EncodingType: 'url' });
    const { Contents } = await client.send(list);
    expect(Contents?.map((found) => decodeURIComponent(found.Key?.replaceAll('+', ' ') ?? ''))).toEqual([
      Key,
    ]);
  });

  test('headers and metadata of an object come back as they were sent', async () => {
    const way = ways.way(name);
    const client = clientFor(way);
    const object = { Bucket: way.bucket, Key: 'described' };
    const about = {
      ContentType: 'text/plain; charset=utf-8',
      ContentEncoding: 'gzip',
      ContentDisposition: `attachment; filename="a b.txt"`,
      ContentLanguage: 'de',
      CacheControl: 'max-age=60',
      Metadata: { note: 'two  blanks', 'with-hyphen': '"quoted", and = so; on' },
    };
    await client.send(new PutObjectCommand({ ...object, ...about, Body: 'not really gzip' }));
    expect(await client.send(new HeadObjectCommand(object))).toMatchObject(about);
    const { Body, ...got } = await client.send(new GetObjectCommand(object));
    expect(got).toMatchObject(about);
    expect(await Body?.transformToString()).toBe('not really gzip');
  });

  test('an upload in three parts is read whole, by part and in a range', async () => {
    const way = ways.way(name);
    const client = clientFor(way);
    const object = { Bucket: way.bucket, Key: 'large' };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
    const numbers = [1, 2, 3];
    const sent = numbers.map(async (PartNumber) => {
      const Body = LARGE.subarray((PartNumber - 1) * PART, PartNumber * PART);
      const { ETag } = await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body }));
      return { PartNumber, ETag };
    });
    const MultipartUpload = { Parts: await Promise.all(sent) };
    await client.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }));
    expect(await ways.witness.parts(way.bucket, 'large')).toBe(3);
    const read = async (about: { PartNumber?: number; Range?: string }) => {
      const { Body, ContentRange } = await client.send(new GetObjectCommand({ ...object, ...about }));
      return { range: ContentRange, digest: digest((await Body?.transformToByteArray()) ?? '') };
    };
    expect(await read({})).toEqual({ range: undefined, digest: digest(LARGE) });
    expect(await read({ Range: 'bytes=5242870-5242889' })).toEqual({
      range: `bytes 5242870-5242889/${LARGE.length}`,
      digest: digest(LARGE.subarray(5242870, 5242890)),
    });
  });

  test('several objects are deleted by one request', async () => {
    const way = ways.way(name);
    const keys = ['gone/a', 'gone/b+c d'];
    for (const key of keys) await ways.witness.put(way.bucket, key, key);
    const Delete = { Objects: keys.map((Key) => ({ Key })) };
    const { Deleted } = await clientFor(way).send(new DeleteObjectsCommand({ Bucket: way.bucket, Delete }));
    expect(Deleted?.map(({ Key }) => Key).sort()).toEqual(keys);
    expect(await ways.witness.objects(way.bucket, 'gone/')).toEqual({});
  });

  test('URLs that it presigns write and read an object', async () => {
    const way = ways.way(name);
    const client = clientFor(way);
    const object = { Bucket: way.bucket, Key: "presigned/a+b c?'.txt" };
    const ask = async (url: string, method: string, body?: string) => {
      const { host, pathname, search } = new URL(url);
      const headers = ['Host', host];
      return call(way.url, {
        method,
        target: pathname + search,
        headers,
        ...(body !== undefined && { body }),
      });
    };
    const Metadata = { note: 'one two' };
    const put = await getSignedUrl(client, new PutObjectCommand({ ...object, Metadata }));
    expect((await ask(put, 'PUT', 'by URL')).status).toBe(200);
    const { Metadata: stored } = await client.send(new HeadObjectCommand(object));
    expect(stored).toEqual(Metadata);
    const got = await ask(await getSignedUrl(client, new GetObjectCommand(object)), 'GET');
    expect([got.status, String(got.body)]).toEqual([200, 'by URL']);
  });
});

describe.skipIf(SKIPPED).each(RULES_WAYS)('AWS SDK for JavaScript, %s', (name) => {
  test('rules that it puts, replaces and deletes decide the next preflight', async () => {
    const client = clientFor(ways.way(name));
    await expectRulesInForce(ways.way(name), ways.witness, {
      put: ({ bucket: Bucket }, rules) =>
        client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: rules as typeof RULES })),
      get: async ({ bucket: Bucket }) => {
        const { CORSRules } = await client.send(new GetBucketCorsCommand({ Bucket }));
        return JSON.stringify({ CORSRules });
      },
      remove: ({ bucket: Bucket }) => client.send(new DeleteBucketCorsCommand({ Bucket })),
    });
  });
});
