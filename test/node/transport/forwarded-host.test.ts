import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetBucketCorsCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signS3V4 } from '../../../src/bucket/sign/s3-v4.ts';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../../src/node/directory/server.ts';
import { type Running, start } from '../../../src/node/start.ts';
import { type Answered, call, corsHeaders, element } from '../../helpers/client.ts';
import { A } from '../../suite/sets.ts';
import { optionsOf } from '../_running.ts';
import { bucketsOf } from '../buckets/_buckets.ts';
import { envOf, KEYS } from '../buckets/_signing.ts';
import { type ForwardedHostStore, openForwardedHostStore } from './_forwarded-host-store.ts';
import { rulesFor } from './_store.ts';

const REGION = 'us-east-1';
const CDN = 'files.example.com';

let folder = '';
let unsigned: OpenDirectoryBucket;
let store: ForwardedHostStore;
const edges: Running[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forwarded-host-'));
  await mkdir(join(folder, 'media'));
  await writeFile(join(folder, 'media', 'key'), 'content');
  unsigned = await openDirectoryBucket({ folder: join(folder, 'media') });
  await writeFile(unsigned.rulesFile, rulesFor(A));
  store = await openForwardedHostStore(unsigned.url, {
    dialect: 'oss',
    bucket: 'media',
    prefix: '',
    credentials: async () => [KEYS],
    wallClock: Date.now,
  });
});
afterEach(async () => {
  for (const edge of edges.splice(0)) await edge.close();
  await store.close();
  await unsigned.close();
  await rm(folder, { recursive: true });
});

interface Given {
  readonly forwarded: 'all' | 'for' | 'none';
  readonly keepHost: boolean;
  readonly trustForwarded?: boolean;
}

/** An edge with the bucket's name as its prefix, so that a client's path is the store's. */
async function edgeWith(given: Given): Promise<Running> {
  const media = {
    bucket: store.url,
    store: 's3',
    bucketName: 'media',
    prefix: '/media',
    hosts: ['127.0.0.1'],
  };
  const log = { write: () => undefined };
  const buckets = bucketsOf({ media: { ...media, region: REGION, ...given } });
  const edge = await start(optionsOf({ drain: '1s' }), buckets, { log, env: envOf('AWS', KEYS) });
  edges.push(edge);
  return edge;
}

const sdkFor = (endpoint: string): S3Client =>
  new S3Client({
    endpoint,
    region: REGION,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    credentials: { accessKeyId: KEYS.accessKeyId, secretAccessKey: KEYS.accessKeySecret },
  });

/** The target of a URL that is presigned for this endpoint. */
async function presigned(endpoint: string): Promise<string> {
  const signed = await getSignedUrl(sdkFor(endpoint), new GetObjectCommand({ Bucket: 'media', Key: 'key' }));
  return signed.slice(new URL(signed).origin.length);
}

function expectRead(answered: Answered): void {
  expect([answered.status, answered.body.toString()]).toEqual([200, 'content']);
  expect(corsHeaders(answered)).toMatchObject({ 'access-control-allow-origin': A });
}

function expectRefused(answered: Answered): void {
  expect([answered.status, element(answered, 'Code')]).toEqual([403, 'SignatureDoesNotMatch']);
}

/** The endpoint that a presigned URL must name; docs/headers.md has the same table. */
const FITS: readonly (readonly [Given['forwarded'], keepHost: boolean, fits: 'the store' | 'the edge'])[] = [
  ['all', false, 'the edge'],
  ['all', true, 'the edge'],
  ['for', false, 'the store'],
  ['for', true, 'the edge'],
  ['none', false, 'the store'],
  ['none', true, 'the edge'],
];

describe.each(FITS)('a store that reads X-Forwarded-Host, with forwarded `%s` and keepHost %s,', (...row) => {
  const [forwarded, keepHost, fits] = row;

  test(`accepts a URL that is presigned for ${fits}, and no other`, async () => {
    const edge = await edgeWith({ forwarded, keepHost });
    const origin = new URL(store.url).origin;
    const [good, bad] = fits === 'the store' ? [origin, edge.url] : [edge.url, origin];
    const get = async (endpoint: string) =>
      call(edge.url, { target: await presigned(endpoint), headers: ['Origin', A] });
    expectRead(await get(good));
    expectRefused(await get(bad));
  });

  test('ignores the X-Forwarded-Host of an untrusted client', async () => {
    const edge = await edgeWith({ forwarded, keepHost });
    const target = await presigned(`http://${CDN}`);
    const claims = ['X-Forwarded-Host', CDN, 'X-Forwarded-Port', '80', 'X_Forwarded_Host', CDN];
    expectRefused(await call(edge.url, { target, headers: ['Origin', A, ...claims] }));
  });
});

describe.each([
  ['all', 'is accepted', expectRead],
  ['for', 'is refused', expectRefused],
  ['none', 'is refused', expectRefused],
] as const)('a URL that is presigned for the CDN before the edge, with forwarded `%s`,', (...row) => {
  const [forwarded, does, expected] = row;

  test(`${does} if the edge trusts the CDN`, async () => {
    const edge = await edgeWith({ forwarded, keepHost: false, trustForwarded: true });
    const target = await presigned(`https://${CDN}`);
    const said = ['X-Forwarded-Host', CDN, 'X-Forwarded-Proto', 'https', 'X-Forwarded-Port', '443'];
    expected(await call(edge.url, { target, headers: ['Origin', A, ...said] }));
  });
});

describe.each([
  ['all', false],
  ['none', true],
] as const)('with the edge as the endpoint, forwarded `%s` and keepHost %s,', (forwarded, keepHost) => {
  test('the SDK writes an object and reads the rules', async () => {
    const edge = await edgeWith({ forwarded, keepHost });
    const sdk = sdkFor(edge.url);
    await sdk.send(new PutObjectCommand({ Bucket: 'media', Key: 'new', Body: 'written' }));
    const read = await sdk.send(new GetObjectCommand({ Bucket: 'media', Key: 'new' }));
    expect(await read.Body?.transformToString()).toBe('written');
    const { CORSRules } = await sdk.send(new GetBucketCorsCommand({ Bucket: 'media' }));
    expect(CORSRules?.map(({ AllowedOrigins }) => AllowedOrigins)).toEqual([[A]]);
    sdk.destroy();
  });

  test.each(['/media?cors', '/media/?cors'])('GET %s is signed as it is sent', async (target) => {
    const edge = await edgeWith({ forwarded, keepHost });
    const sign = signS3V4({ bucket: 'media', region: REGION, credentials: () => KEYS });
    const host = new URL(edge.url).host;
    const { headers } = await sign({ method: 'GET', target, headers: ['Host', host], body: null });
    const answered = await call(edge.url, { target, headers });
    expect([answered.status, element(answered, 'AllowedOrigin')]).toEqual([200, A]);
  });
});
