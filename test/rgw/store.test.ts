import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketCorsCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { run, stop } from '../cli/_process.ts';
import { call } from '../helpers/client.ts';
import { type StoreEdge, startWith } from '../node/store/_store.ts';
import { DNS_NAME, type Gateway, TENANT } from './_gateway.ts';
import { SKIPPED } from './_programs.ts';

const A = 'https://a.example';
const B = 'https://b.example';

const clientFor = (endpoint: string, { accessKey, secretKey }: Pick<Gateway, 'accessKey' | 'secretKey'>) =>
  new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });

const rulesFor = (Bucket: string, origin: string) =>
  new PutBucketCorsCommand({
    Bucket,
    CORSConfiguration: { CORSRules: [{ AllowedOrigins: [origin], AllowedMethods: ['GET', 'PUT'] }] },
  });

describe.skipIf(SKIPPED)('one edge before all buckets of a gateway', () => {
  let gateway: Gateway;
  let edge: StoreEdge;
  let s3: S3Client;

  beforeAll(async () => {
    gateway = inject('gateway');
    const { url, accessKey, secretKey } = gateway;
    const env = { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey };
    // Clients sign for the edge's own host.
    const store = { url, hosts: ['127.0.0.1'], keepHost: true, deny: ['store-hidden'] };
    edge = await startWith({ store }, { rulesTtl: '1h' }, { env });
    s3 = clientFor(edge.url, gateway);
  });
  afterAll(async () => {
    s3.destroy();
    await edge.close();
  });

  /** The origin that a preflight for a PUT allows; else the status of its refusal. */
  async function preflight(target: string, origin: string): Promise<string | number> {
    const headers = ['Origin', origin, 'Access-Control-Request-Method', 'PUT'];
    const answer = await call(edge.url, { method: 'OPTIONS', target, headers });
    const at = answer.headers.findIndex((name) => name.toLowerCase() === 'access-control-allow-origin');
    return at < 0 ? answer.status : (answer.headers[at + 1] ?? '');
  }

  test('an SDK creates, lists and deletes buckets, and each has its own rules at once', async () => {
    expect(await preflight('/store-one/k', A)).toBe(403);
    for (const Bucket of ['store-one', 'store-two']) await s3.send(new CreateBucketCommand({ Bucket }));
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toEqual(expect.arrayContaining(['store-one', 'store-two']));
    await s3.send(rulesFor('store-one', A));
    await s3.send(rulesFor('store-two', B));
    expect([await preflight('/store-one/k', A), await preflight('/store-one/k', B)]).toEqual([A, 403]);
    expect([await preflight('/store-two/k', A), await preflight('/store-two/k', B)]).toEqual([403, B]);
    await s3.send(new PutObjectCommand({ Bucket: 'store-one', Key: 'k', Body: 'one' }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'store-one', Key: 'k' }));
    expect(await Body?.transformToString()).toBe('one');
    await s3.send(new DeleteObjectCommand({ Bucket: 'store-one', Key: 'k' }));
    await s3.send(new DeleteBucketCommand({ Bucket: 'store-one' }));
    await expect(s3.send(new GetBucketCorsCommand({ Bucket: 'store-one' }))).rejects.toThrow(
      /does not exist/,
    );
    expect(await preflight('/store-one/k', A)).toBe(403);
  });

  test('names that do not exist or are denied get NoSuchBucket', async () => {
    for (const Bucket of ['store-invented', 'store-hidden']) {
      const get = s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
      await expect(get).rejects.toMatchObject({ name: 'NoSuchBucket' });
    }
    // The gateway has neither: the edge refuses to create the denied one too.
    const create = s3.send(new CreateBucketCommand({ Bucket: 'store-hidden' }));
    await expect(create).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  test('the bucket of a tenant is served by its own rules', async () => {
    const owner = clientFor(gateway.url, TENANT);
    const Bucket = 'store-two';
    await owner.send(new CreateBucketCommand({ Bucket }));
    const Resource = [`arn:aws:s3::${TENANT.name}:${Bucket}`, `arn:aws:s3::${TENANT.name}:${Bucket}/*`];
    const Statement = [{ Effect: 'Allow', Principal: '*', Action: ['s3:*'], Resource }];
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    await owner.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    await owner.send(rulesFor(Bucket, A));
    await owner.send(new PutObjectCommand({ Bucket, Key: 'k', Body: "the tenant's" }));
    owner.destroy();
    for (const written of [`/${TENANT.name}:${Bucket}/k`, `/${TENANT.name}%3A${Bucket}/k`]) {
      const { status, headers, body } = await call(edge.url, { target: written, headers: ['Origin', A] });
      expect([status, String(body)]).toEqual([200, "the tenant's"]);
      expect(headers).toContain(A);
      expect(await preflight(written, B)).toBe(403);
    }
    // The bucket of the same name without a tenant has rules of its own.
    expect(await preflight(`/${Bucket}/k`, B)).toBe(B);
  });

  test('hosts name buckets of a gateway that reads the host, with the Host of the client', async () => {
    const port = new URL(gateway.url).port;
    const hosts = [`{bucket}.${DNS_NAME}`];
    const store = { url: `http://${DNS_NAME}:${port}`, style: 'host', hosts, paths: false, keepHost: true };
    const folder = mkdtempSync(join(tmpdir(), 'rgw-store-'));
    const file = join(folder, 'edge.json');
    writeFileSync(file, JSON.stringify({ port: 0, adminPort: 0, rulesTtl: '1h', store }));
    const names = `--import ${new URL('_names.ts', import.meta.url)}`;
    const { accessKey, secretKey } = gateway;
    const env = { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey, NODE_OPTIONS: names };
    const running = run(['serve', '--config', file], { env });
    try {
      const url = await running.address('edge');
      const ask = async (bucket: string, method: string, target: string, origin: string) => {
        const asked = method === 'OPTIONS' ? ['Access-Control-Request-Method', 'PUT'] : [];
        const headers = ['Host', `${bucket}.${DNS_NAME}`, 'Origin', origin, ...asked];
        const answer = await call(url, { method, target, headers });
        return [answer.status, answer.headers.includes(origin), String(answer.body).slice(0, 3)];
      };
      const direct = clientFor(gateway.url, gateway);
      for (const [Bucket, origin] of [
        ['store-host', A],
        ['store-other', B],
      ] as const) {
        await direct.send(new CreateBucketCommand({ Bucket }));
        await direct.send(rulesFor(Bucket, origin));
        await direct.send(
          new PutObjectCommand({ Bucket, Key: 'k', Body: origin.slice(8), ACL: 'public-read' }),
        );
      }
      direct.destroy();
      expect(await ask('store-host', 'OPTIONS', '/k', A)).toEqual([200, true, '']);
      expect(await ask('store-host', 'GET', '/k', A)).toEqual([200, true, 'a.e']);
      expect(await ask('store-other', 'GET', '/k', A)).toEqual([200, false, 'b.e']);
      // The path names an object of the bucket in the host, and no other bucket.
      expect((await ask('store-host', 'GET', '/store-other/k', A))[0]).toBeGreaterThanOrEqual(403);
      expect((await ask('store-invented', 'GET', '/k', A))[0]).toBe(404);
    } finally {
      await stop(running);
      rmSync(folder, { recursive: true });
    }
  });
});
