import { Agent } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { admin, type Edge, edges, write } from '../../cli/_edges.ts';
import { PATIENCE } from '../../cli/_process.ts';
import { call } from '../../helpers/client.ts';
import { KEYS, signed } from '../../helpers/signed.ts';
import { until } from '../../helpers/until.ts';
import { call as askOnce } from '../_running.ts';
import { rulesFor } from '../transport/_store.ts';
import { type ManyBuckets, openManyBuckets } from './_store.ts';

const { at, serve, serveWith } = edges();
const A = 'https://a.example';
const B = 'https://b.example';
const TWO = ['--workers', '2', '--rules-ttl', '1h'];

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function storeWith(buckets: Record<string, string | null>): Promise<ManyBuckets> {
  const store = await openManyBuckets(buckets);
  closing.push(store.close);
  return store;
}

/** A client with one connection: it stays with one worker process. */
function clientOf({ url }: Edge) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  closing.push(() => agent.destroy());
  const ask = (target: string, method = 'GET', headers: readonly string[] = []) =>
    call(url, { target, method, headers, agent });
  return {
    status: async (target: string, method?: string) => (await ask(target, method)).status,
    allows: async (bucket: string, origin: string) =>
      (await ask(`/${bucket}/x`, 'GET', ['Origin', origin])).headers.includes(origin),
  };
}

const both = (edge: Edge) => [clientOf(edge), clientOf(edge)] as const;

test('two worker processes serve the buckets of a store by rules loaded once', async () => {
  const store = await storeWith({ one: A, two: B, 'team:one': B });
  const edge = await serve('--store-url', store.url, ...TWO);
  const clients = both(edge);
  for (const { allows } of clients) {
    expect(await allows('one', A)).toBe(true);
    expect(await allows('two', B)).toBe(true);
    expect(await allows('team%3Aone', B)).toBe(true);
  }
  expect(store.rulesAsked).toEqual(['one', 'two', 'team:one']);
  expect((await admin(edge, '/rules')).json.buckets).toHaveLength(3);

  // The operator refreshes one.
  store.buckets.set('one', B);
  expect((await admin(edge, '/refresh?bucket=one', 'POST')).status).toBe(200);
  for (const { allows } of clients) await until('each has the new rules', () => allows('one', B), PATIENCE);
});

test('a bucket that is missing is asked for once, and one that is created is served by all at once', async () => {
  const store = await storeWith({});
  const edge = await serve('--store-url', store.url, ...TWO);
  const [one, other] = both(edge);
  for (const { status } of [one, other, one, other]) expect(await status('/new/k')).toBe(404);
  expect([store.rulesAsked, store.seen]).toEqual([['new'], []]);
  expect(await one.status('/new', 'PUT')).toBe(200);
  expect(await one.status('/new/k')).toBe(200);
  await until('the other serves it', async () => (await other.status('/new/k')) === 200, PATIENCE);
  expect(await other.status('/new', 'DELETE')).toBe(204);
  const before = store.seen.length;
  for (const { status } of [one, other])
    await until('each knows that it is missing', async () => (await status('/new/k')) === 404, PATIENCE);
  expect(await other.status('/new/k')).toBe(404);
  expect(store.seen.length - before).toBeLessThanOrEqual(1);
  const { text } = await askOnce(`${edge.adminUrl}/metrics`);
  expect(text).toMatch(/decisions_total\{bucket="127\.0\.0\.1:\d+\/\*"/);
});

test('rules that a client writes through one worker process decide in all', async () => {
  const store = await storeWith({ one: null, two: null });
  await write(at('edge.json'), {
    workers: 2,
    stateDir: at('state'),
    store: { url: store.url, management: 'keep', objects: 'resign' },
  });
  const env = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.accessKeySecret };
  const edge = await serveWith({ env }, '--config', at('edge.json'));
  const clients = both(edge);
  for (const { allows } of clients) expect(await allows('one', A)).toBe(false);
  const { host } = new URL(edge.url);
  const form = 'SigV4 header with the hash of the body';
  const put = { method: 'PUT', target: '/one?cors', host, region: 'us-east-1', body: rulesFor(A) };
  expect((await call(edge.url, await signed(form, put))).status).toBe(200);
  for (const { allows } of clients) await until('each has the rules', () => allows('one', A), PATIENCE);
  for (const { allows } of clients) expect(await allows('two', A)).toBe(false);
  expect(store.rulesAsked).toEqual([]);
  // Requests are signed again for the store in both, also those for the service.
  const list = { method: 'GET', target: '/', host, region: 'us-east-1' };
  expect((await call(edge.url, await signed(form, list))).status).toBe(200);
  const wrong = { ...list, keys: { ...KEYS, accessKeySecret: 'wrong' } };
  expect((await call(edge.url, await signed(form, wrong))).status).toBe(403);
});

test('two worker processes take over another store without a restart', async () => {
  const [store, next] = [await storeWith({ one: A }), await storeWith({ one: B })];
  const file = at('edge.json');
  await write(file, { workers: 2, store: { url: store.url } });
  const edge = await serve('--config', file);
  const clients = both(edge);
  for (const { allows } of clients) expect(await allows('one', A)).toBe(true);
  await write(file, { workers: 2, store: { url: next.url, allow: ['o*'] } });
  for (const { allows } of clients)
    await until('the other store is served', () => allows('one', B), PATIENCE);
  for (const { status } of clients) expect(await status('/two/k')).toBe(404);
  expect(next.rulesAsked).toEqual(['one']);
});
