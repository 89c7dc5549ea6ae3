import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import OSS from 'ali-oss';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Credentials } from '../../../src/bucket/sign/credentials.ts';
import { toXml } from '../../../src/document/xml.ts';
import { call, corsHeaders, element } from '../../helpers/client.ts';
import { A, ONE_ORIGIN, ONE_ORIGIN_HEADERS } from '../../suite/sets.ts';
import type { Started } from '../_running.ts';
import { at, bucket, envOf, KEYS, running, signedConfig, TEMPORARY, useSignedBucket } from './_signing.ts';

/** What a URL lets its bearer do. */
interface Grant {
  readonly method: 'GET' | 'PUT';
  readonly key: string;
  readonly contentType?: string;
  readonly disposition?: string;
}

/** Signs for a server at this address, as the SDK does it. */
type Presign = (url: string, keys: Credentials, grant: Grant) => Promise<string>;

// Given, lest the SDK warn of its absence; nothing here lives so long that it is called.
const never = () => Promise.reject(new Error('the token is still good'));
const ossClient = (url: string, { accessKeyId, accessKeySecret, securityToken }: Credentials, v4: boolean) =>
  new OSS({
    accessKeyId,
    accessKeySecret,
    ...(securityToken !== undefined && { stsToken: securityToken, refreshSTSToken: never }),
    bucket: 'media',
    region: 'oss-cn-hangzhou',
    // By name: the SDK signs no URL for an IP address.
    endpoint: url.replace('127.0.0.1', 'localhost'),
    cname: true,
    authorizationV4: v4,
  } as OSS.Options);

const byOssV1: Presign = async (url, keys, { method, key, contentType, disposition }) =>
  ossClient(url, keys, false).signatureUrl(key, {
    method,
    expires: 60,
    ...(contentType !== undefined && { 'Content-Type': contentType }),
    ...(disposition !== undefined && { response: { 'content-disposition': disposition } }),
  });

const byOssV4: Presign = (url, keys, { method, key, contentType, disposition }) =>
  ossClient(url, keys, true).signatureUrlV4(
    method,
    60,
    {
      headers: contentType === undefined ? {} : { 'Content-Type': contentType },
      queries: disposition === undefined ? {} : { 'response-content-disposition': disposition },
    },
    key,
  );

const byS3: Presign = (url, keys, { method, key, contentType, disposition }) => {
  const s3 = new S3Client({
    region: 'us-east-1',
    // The bucket is at its own address, which goes where its name would.
    bucketEndpoint: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    credentials: {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.accessKeySecret,
      ...(keys.securityToken !== undefined && { sessionToken: keys.securityToken }),
    },
  });
  const object = { Bucket: url, Key: key };
  const options = { expiresIn: 60, signableHeaders: new Set(['content-type']) };
  return method === 'PUT'
    ? getSignedUrl(s3, new PutObjectCommand({ ...object, ContentType: contentType }), options)
    : getSignedUrl(s3, new GetObjectCommand({ ...object, ResponseContentDisposition: disposition }), options);
};

const PRESIGNERS = [
  ['OSS V1', byOssV1, { store: 'oss', signature: 'v1' }, 'OSS', KEYS],
  ['OSS V1 with a token', byOssV1, { store: 'oss', signature: 'v1' }, 'OSS', TEMPORARY],
  ['OSS V4', byOssV4, { store: 'oss', region: 'cn-hangzhou' }, 'OSS', KEYS],
  ['OSS V4 with a token', byOssV4, { store: 'oss', region: 'cn-hangzhou' }, 'OSS', TEMPORARY],
  ['S3 V4', byS3, { store: 's3', region: 'us-east-1' }, 'AWS', KEYS],
  ['S3 V4 with a token', byS3, { store: 's3', region: 'us-east-1' }, 'AWS', TEMPORARY],
] as const;

const KEYS_TO_READ = [
  'plain.txt',
  'with blanks in it.txt',
  'deep/er and/deeper.txt',
  'a+b.txt',
  '100%25 of it.txt',
  'naïve/漢字/☃ 😀.txt',
  "it's (1)!*~,;=&$@:.txt",
  'dir/a b+c é.txt',
];
const DISPOSITIONS = [
  'attachment',
  'attachment; filename="50% + more & so on.txt"',
  'attachment; filename="漢字 é.txt"',
  "attachment; filename*=UTF-8''%E6%BC%A2%E5%AD%97%20%2B.txt",
];

useSignedBucket();
beforeEach(() => writeFile(bucket().rulesFile, toXml(ONE_ORIGIN)));

const fileOf = (key: string) => at(`media/${key}`);
async function put(key: string, content: string): Promise<void> {
  await mkdir(dirname(fileOf(key)), { recursive: true });
  await writeFile(fileOf(key), content);
}

/** What a page gets that takes a URL to the edge, byte for byte but for scheme and host. */
const fetched = (
  edge: Started,
  signed: string,
  about: { method?: string; body?: string; type?: string } = {},
) => {
  const { method = 'GET', body, type } = about;
  return call(edge.url, {
    method,
    target: signed.slice(new URL(signed).origin.length),
    headers: ['Origin', A, ...(type === undefined ? [] : ['Content-Type', type])],
    ...(body !== undefined && { body }),
  });
};

/** A store's own refusal, that a page may read. */
function expectRefused(answered: Awaited<ReturnType<typeof call>>): void {
  expect([answered.status, element(answered, 'Code')]).toEqual([403, 'SignatureDoesNotMatch']);
  expect(corsHeaders(answered)).toMatchObject({ 'access-control-allow-origin': A });
}

describe.each(PRESIGNERS)('a URL presigned by %s', (_, presign, options, of, keys) => {
  const edgeWith = (more: Record<string, string> = {}) =>
    running(signedConfig({ ...options, ...more }), envOf(of, KEYS));
  const forBucket = (grant: Grant) => presign(bucket().url, keys, grant);

  test('reads, whatever its key', async () => {
    const edge = await edgeWith();
    for (const key of KEYS_TO_READ) {
      await put(key, `content of ${key}`);
      const answered = await fetched(edge, await forBucket({ method: 'GET', key }));
      expect([answered.status, answered.body.toString()], key).toEqual([200, `content of ${key}`]);
      expect(corsHeaders(answered)).toMatchObject({ 'access-control-allow-origin': A });
    }
  });

  test('reads, whatever name it asks a browser to save the object under', async () => {
    const edge = await edgeWith();
    await put('a b.txt', 'content');
    for (const disposition of DISPOSITIONS) {
      const answered = await fetched(edge, await forBucket({ method: 'GET', key: 'a b.txt', disposition }));
      expect([answered.status, answered.body.toString()], disposition).toEqual([200, 'content']);
    }
  });

  test('writes, with the content type that it was signed for and with no other', async () => {
    const edge = await edgeWith();
    const contentType = 'text/plain; charset=utf-8';
    const signed = await forBucket({ method: 'PUT', key: 'new/a b+c é.txt', contentType });
    const written = await fetched(edge, signed, { method: 'PUT', body: 'by URL', type: contentType });
    expect([written.status, written.body.toString()]).toEqual([200, '']);
    expect(corsHeaders(written)).toMatchObject(ONE_ORIGIN_HEADERS);
    expect(await readFile(fileOf('new/a b+c é.txt'), 'utf8')).toBe('by URL');
    expectRefused(await fetched(edge, signed, { method: 'PUT', body: 'other', type: 'text/html' }));
    expect(await readFile(fileOf('new/a b+c é.txt'), 'utf8')).toBe('by URL');
  });

  test.each([
    ['another key', (signed: string) => signed.replace('one.txt', 'two.txt')],
    ['another file name to save under', (signed: string) => signed.replace('attachment', 'inline')],
    ['another secret', null],
  ])(
    'and tampered with, for %s, is refused by the bucket in words that a page can read',
    async (_, tamper) => {
      const edge = await edgeWith();
      await put('one.txt', 'one');
      await put('two.txt', 'two');
      const grant: Grant = { method: 'GET', key: 'one.txt', disposition: 'attachment' };
      const good = await forBucket(grant);
      expect((await fetched(edge, good)).body.toString()).toBe('one');
      const wrong = { ...keys, accessKeySecret: 'geheim-wrong' };
      const tampered = tamper === null ? await presign(bucket().url, wrong, grant) : tamper(good);
      expect(tampered).not.toBe(good);
      expectRefused(await fetched(edge, tampered));
    },
  );

  test('lets its bearer do nothing else', async () => {
    const edge = await edgeWith();
    await put('one.txt', 'one');
    const signed = await forBucket({ method: 'GET', key: 'one.txt' });
    expectRefused(await fetched(edge, signed, { method: 'PUT', body: 'two' }));
    expectRefused(await fetched(edge, signed, { method: 'DELETE' }));
    expect(await readFile(fileOf('one.txt'), 'utf8')).toBe('one');
  });
});

const GRANT: Grant = { method: 'GET', key: 'dir/a b+c é.txt' };
const isRead = async (edge: Started, signed: string) => {
  const answered = await fetched(edge, signed);
  expect([answered.status, answered.body.toString()]).toEqual([200, 'content']);
  expect(corsHeaders(answered)).toMatchObject({ 'access-control-allow-origin': A });
};
const isRefused = async (edge: Started, signed: string) => expectRefused(await fetched(edge, signed));

/** SigV4 signs the Host header; OSS signs the bucket's name, however the client reached it. */
describe.each(
  PRESIGNERS.map(([name, presign, options, of, keys]) => {
    const wherever = of === 'AWS' ? isRefused : isRead;
    return [name, of === 'AWS' ? 'is refused' : 'reads', { presign, options, of, keys, wherever }] as const;
  }),
)('a URL presigned by %s', (_, does, { presign, options, of, keys, wherever }) => {
  const edgeWith = (keepHost: 'true' | 'false') =>
    running(signedConfig({ ...options, keepHost }), envOf(of, KEYS));
  beforeEach(() => put(GRANT.key, 'content'));

  test('for the bucket’s own name reads if Host becomes the bucket’s', async () => {
    await isRead(await edgeWith('false'), await presign(bucket().url, keys, GRANT));
  });

  test(`for the edge’s own name ${does} there`, async () => {
    const edge = await edgeWith('false');
    await wherever(edge, await presign(edge.url, keys, GRANT));
  });

  test('for the edge’s own name reads with --keep-host', async () => {
    const edge = await edgeWith('true');
    await isRead(edge, await presign(edge.url, keys, GRANT));
  });

  test(`for the bucket’s own name ${does} there`, async () => {
    await wherever(await edgeWith('true'), await presign(bucket().url, keys, GRANT));
  });
});
