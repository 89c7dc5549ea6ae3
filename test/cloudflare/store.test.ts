import { afterEach, describe, expect, test } from 'vitest';
import { call, value } from '../helpers/client.ts';
import { KEYS, signed } from '../helpers/signed.ts';
import { type ManyBuckets, openManyBuckets } from '../node/store/_store.ts';
import { rulesFor } from '../node/transport/_store.ts';
import { adminOf, errorsOf, type RunningWorker, runWorker, TOKEN } from './_worker.ts';

const A = 'https://a.example';
const B = 'https://b.example';

let worker: RunningWorker | undefined;
let store: ManyBuckets | undefined;
afterEach(async () => {
  if (worker !== undefined) expect(errorsOf(worker)).toEqual([]);
  await worker?.close();
  await store?.close();
});

async function open(
  buckets: Record<string, string | null>,
  env: (url: string) => Record<string, string>,
  kv?: true,
) {
  store = await openManyBuckets(buckets);
  worker = await runWorker({ env: env(store.url), ...(kv && { kv }) });
  const { url } = worker;
  const allows = async (target: string, origin: string, host?: string) => {
    const headers = ['Origin', origin, ...(host === undefined ? [] : ['Host', host])];
    return value(await call(url, { target, headers }), 'access-control-allow-origin') === origin;
  };
  return { worker, store, url, allows };
}

describe('a Worker before all buckets of a store', () => {
  test('serves each by its own rules, by paths and by hosts, and asks once for a missing one', async () => {
    const entry = (url: string) => ({ url, hosts: ['{bucket}.files.example.com', '127.0.0.1'] });
    const { allows, store, url } = await open({ one: A, two: B, 'team:one': B }, (at) => ({
      BUCKET_CORS_CONFIG: JSON.stringify({ rulesTtl: '1h', store: entry(at) }),
    }));
    expect(await allows('/one/k', A)).toBe(true);
    expect(await allows('/k', A, 'one.files.example.com')).toBe(true);
    expect(await allows('/two/k', A)).toBe(false);
    expect(await allows('/team%3Aone/k', B)).toBe(true);
    for (const target of ['/gone/k', '/gone', '/gone/k'])
      expect((await call(url, { target })).status).toBe(404);
    expect(store.rulesAsked).toEqual(['one', 'two', 'team:one', 'gone']);
    expect(store.seen.map(({ target }) => target)).toEqual(['/one/k', '/one/k', '/two/k', '/team%3Aone/k']);
    // A bucket that it creates.
    expect(
      (await call(url, { method: 'PUT', target: '/gone', headers: ['Content-Length', '0'] })).status,
    ).toBe(200);
    expect((await call(url, { target: '/gone/k' })).status).toBe(200);
  });

  test('is configured by STORE_URL alone, and the operator sees the buckets', async () => {
    const { allows, worker } = await open({ one: A }, (at) => ({ STORE_URL: at, ADMIN_TOKEN: TOKEN }));
    expect(await allows('/one/k', A)).toBe(true);
    const ask = adminOf(worker);
    expect(await ask('/rules?bucket=one')).toMatchObject({ buckets: [{ bucket: 'one', state: 'fresh' }] });
    expect(await ask('/readyz')).toMatchObject({ status: 'ready' });
  });

  test('stores the rules that clients write, for each bucket', async () => {
    const { allows, store, url } = await open(
      { one: null, two: null },
      (at) => ({
        BUCKET_CORS_CONFIG: JSON.stringify({ store: { url: at, management: 'keep' } }),
        AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: KEYS.accessKeySecret,
      }),
      true,
    );
    const request = { method: 'PUT', host: new URL(url).host, region: 'us-east-1' };
    const put = (target: string, origin: string) =>
      signed('SigV4 header with the hash of the body', { ...request, target, body: rulesFor(origin) });
    expect((await call(url, await put('/one?cors', A))).status).toBe(200);
    expect([await allows('/one/k', A), await allows('/two/k', A)]).toEqual([true, false]);
    const moved = { ...(await put('/one?cors', B)), target: '/two?cors' };
    expect((await call(url, moved)).status).toBe(403);
    expect(store.rulesAsked).toEqual([]);
  });

  test.each([
    ['keepHost', { keepHost: true, hosts: ['h.example'] }, /store: keepHost has no effect/],
    [
      'keys in a file',
      { credentials: 'file:/k' },
      /store: credentials "?.* is a file|store: credentials is a file/,
    ],
    ['a limit that only Node has', { bucketConnectTimeout: '9s' }, /store: bucketConnectTimeout/],
  ])('names what a Worker does not have: %s', async (_, fields, line) => {
    const { url } = await open({}, (at) => ({
      BUCKET_CORS_CONFIG: JSON.stringify({ store: { url: at, ...fields } }),
    }));
    const { status, body } = await call(url, { target: '/' });
    expect(status).toBe(500);
    expect(String(body)).toMatch(line);
  });
});
