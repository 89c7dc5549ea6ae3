import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, element, value } from '../helpers/client.ts';
import { openUpstream, type Upstream } from '../helpers/upstream.ts';
import { ONE_ORIGIN } from '../suite/sets.ts';
import { ADMIN, adminOf, type RunningWorker, runWorker, TOKEN } from './_worker.ts';

describe('admin on a Worker', () => {
  let bucket: Upstream;
  let worker: RunningWorker;
  beforeAll(async () => {
    bucket = await openUpstream(ONE_ORIGIN);
    worker = await runWorker({ env: { BUCKET_URL: bucket.url, ADMIN_TOKEN: TOKEN } });
  });
  afterAll(async () => {
    await worker.close();
    await bucket.close();
  });
  const ask = (path: string, authorization?: string, method = 'GET') =>
    call(worker.url, {
      method,
      target: ADMIN + path,
      headers: authorization === undefined ? [] : ['Authorization', authorization],
    });

  test.each(['/healthz', '/readyz', '/rules', '/explain?origin=https://a.example&path=/key'])(
    'answers %s to a client with the token, and no cache stores the answer',
    async (path) => {
      bucket.reset();
      const answered = await ask(path, `Bearer ${TOKEN}`);
      expect([200, 503]).toContain(answered.status);
      expect(value(answered, 'content-type')).toContain('json');
      expect(value(answered, 'cache-control')).toBe('no-store');
      expect(bucket.asked).toEqual([]);
    },
  );

  test('loads rules again', async () => {
    const before = bucket.rulesAsked.length;
    expect((await ask('/refresh', `bearer ${TOKEN}`, 'POST')).status).toBe(200);
    expect(bucket.rulesAsked.length).toBeGreaterThan(before);
  });

  test('has no metrics, as no isolate can count for all', async () => {
    expect((await ask('/metrics', `Bearer ${TOKEN}`)).status).toBe(404);
  });

  test.each([
    ['no token', undefined],
    ['another', 'Bearer another-token-of-16'],
    ['one of the same length', `Bearer ${TOKEN.slice(0, -1)}x`],
    ['its beginning', `Bearer ${TOKEN.slice(0, -1)}`],
    ['one that goes on', `Bearer ${TOKEN}s`],
    ['an empty one', 'Bearer '],
    ['it by another scheme', `Basic ${TOKEN}`],
  ])('serves an object request for a client with %s', async (_, authorization) => {
    for (const path of ['/healthz', '/rules', '/nothing']) {
      bucket.reset();
      bucket.script = { status: 404, headers: ['Content-Type', 'text/plain'], body: 'no such key' };
      const answered = await ask(path, authorization);
      expect(answered).toMatchObject({ status: 404 });
      expect(answered.body.toString()).toBe('no such key');
      expect(bucket.asked.map(({ target }) => target)).toEqual([ADMIN + path]);
    }
  });

  test('is only under its path', async () => {
    for (const target of ['/healthz', `/a${ADMIN}/healthz`, `${ADMIN}x/healthz`, ADMIN]) {
      bucket.reset();
      await call(worker.url, { target, headers: ['Authorization', 'Bearer another-token-of-16'] });
      expect(bucket.asked.map((asked) => asked.target)).toEqual([target]);
    }
  });

  test.each([
    ['without a path behind it', ADMIN],
    ['with a query instead', `${ADMIN}?x`],
    ['with a slash too many', `/${ADMIN}/healthz`],
    ['with a letter coded', `${ADMIN.replace('-', '%2D')}/healthz`],
    ['behind something else', `/a${ADMIN}/healthz`],
    ['left out', '/key'],
  ])('sends no bucket the token, for a path %s', async (_, target) => {
    bucket.reset();
    for (const method of ['GET', 'HEAD', 'POST']) {
      const headers = ['Authorization', `Bearer ${TOKEN}`];
      const answered = await call(worker.url, { method, target, headers });
      expect(answered.status).toBe(404);
      expect(value(answered, 'cache-control')).toBe('no-store');
      expect(answered.body.toString()).toContain(method === 'HEAD' ? '' : ADMIN);
    }
    expect(bucket.asked).toEqual([]);
  });

  test.each([
    ['/readyz', 'GET', { status: 'ready' }],
    ['/refresh', 'POST', { buckets: [{ state: 'fresh' }] }],
  ])('loads rules for %s in an isolate without an earlier request', async (path, method, expected) => {
    const fresh = await runWorker({ env: { BUCKET_URL: bucket.url, ADMIN_TOKEN: TOKEN } });
    try {
      const before = bucket.rulesAsked.length;
      expect(await adminOf(fresh)(path, method)).toMatchObject(expected);
      expect(bucket.rulesAsked).toHaveLength(before + 1);
    } finally {
      await fresh.close();
    }
  });

  test('is not ready in an isolate that cannot load rules', async () => {
    bucket.rules = 'unknown';
    const fresh = await runWorker({ env: { BUCKET_URL: bucket.url, ADMIN_TOKEN: TOKEN } });
    try {
      await expect(adminOf(fresh)('/readyz')).rejects.toThrow(/503.*has no rules: /);
    } finally {
      bucket.rules = ONE_ORIGIN;
      await fresh.close();
    }
  });

  test('tolerates an invalid Host header', async () => {
    const headers = ['Host', 'a<b>&c', 'Authorization', `Bearer ${TOKEN}`];
    const answered = await call(worker.url, { target: `${ADMIN}/healthz`, headers });
    expect(answered.status).toBe(200);
    expect(worker.noise).toEqual([]);
  });

  test('does not exist without a token', async () => {
    const open = await runWorker({ env: { BUCKET_URL: bucket.url } });
    bucket.reset();
    for (const authorization of ['Bearer ', 'Bearer undefined', 'Bearer null']) {
      await call(open.url, { target: `${ADMIN}/rules`, headers: ['Authorization', authorization] });
    }
    await open.close();
    expect(bucket.asked).toHaveLength(3);
  });

  test('is a fault of the configuration with a token that is easy to guess', async () => {
    const open = await runWorker({ env: { BUCKET_URL: bucket.url, ADMIN_TOKEN: 'secret' } });
    const answered = await call(open.url, { target: '/key' });
    await open.close();
    expect(answered.status).toBe(500);
    expect(element(answered, 'Fault')).toMatch(/^ADMIN_TOKEN is too short/);
  });
});
