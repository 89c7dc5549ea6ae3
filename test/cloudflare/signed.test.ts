import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toXml } from '../../src/document/xml.ts';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../src/node/directory/server.ts';
import { ONE_ORIGIN } from '../suite/sets.ts';
import { adminOf, runWorker, TOKEN } from './_worker.ts';

const KEYS = { accessKeyId: 'an-id', accessKeySecret: 'a-secret' };
const NAMED = { BUCKET_NAME: 'a-bucket', BUCKET_REGION: 'cn-hangzhou' };
const OSS = { OSS_ACCESS_KEY_ID: KEYS.accessKeyId, OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret };
const AWS = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.accessKeySecret };

let folder = '';
let bucket: OpenDirectoryBucket;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucket-cors-signed-'));
  bucket = await openDirectoryBucket({
    folder,
    rulesFile: `${folder}.xml`,
    bucket: 'a-bucket',
    credentials: KEYS,
  });
  await writeFile(bucket.rulesFile, toXml(ONE_ORIGIN));
});
afterAll(async () => {
  await bucket.close();
  await rm(folder, { recursive: true, force: true });
  await rm(bucket.rulesFile, { force: true });
});

test.each([
  ['OSS V4', { ...OSS, STORE: 'oss' }, 'fresh'],
  ['OSS V1', { ...OSS, STORE: 'oss', SIGNATURE: 'v1' }, 'fresh'],
  ['SigV4', { ...AWS, STORE: 's3' }, 'fresh'],
  [
    'keys behind a prefix',
    { MEDIA_OSS_ACCESS_KEY_ID: 'an-id', MEDIA_OSS_ACCESS_KEY_SECRET: 'a-secret', CREDENTIALS: 'env:MEDIA' },
    'fresh',
  ],
  ['a wrong secret', { ...OSS, OSS_ACCESS_KEY_SECRET: 'another' }, 'unavailable'],
  ['no keys', {}, 'unavailable'],
])('GET /?cors with %s', async (_, env, state) => {
  const worker = await runWorker({ env: { BUCKET_URL: bucket.url, ADMIN_TOKEN: TOKEN, ...NAMED, ...env } });
  try {
    const admin = adminOf(worker);
    await admin('/explain?path=/key');
    expect(await admin('/rules')).toMatchObject({ buckets: [{ state }] });
    expect(JSON.stringify(worker.lines)).not.toContain('a-secret');
  } finally {
    await worker.close();
  }
});
