import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../../helpers/until.ts';
import { type ManyBuckets, openManyBuckets, type StoreEdge, startWith } from './_store.ts';

const A = 'https://a.example';
const B = 'https://b.example';
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function storeWith(buckets: Record<string, string | null>): Promise<ManyBuckets> {
  const store = await openManyBuckets(buckets);
  closing.push(store.close);
  return store;
}

async function edgeOf(
  store: ManyBuckets,
  entry: object = {},
  options: Record<string, string> = {},
  file: object = {},
): Promise<StoreEdge> {
  const edge = await startWith(
    { store: { url: store.url, ...entry }, ...file },
    { rulesTtl: '1h', ...options },
  );
  closing.push(edge.close);
  return edge;
}

const codeOf = (text: string): string | undefined => /<Code>(\w+)<\/Code>/.exec(text)?.[1];

describe('one edge for all buckets of a store', () => {
  test('serves each bucket by its own rules, loaded once at its first use', async () => {
    const store = await storeWith({ one: A, two: B, none: null, 'team:one': B });
    const edge = await edgeOf(store);
    expect(store.rulesAsked).toEqual([]);
    expect(await Promise.all([1, 2, 3, 4].map(() => edge.allows('one', A)))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(await edge.allows('two', B)).toBe(true);
    expect(await edge.allows('two', A)).toBe(false);
    expect(await edge.allows('none', A)).toBe(false);
    expect(await edge.allows('team%3Aone', B)).toBe(true);
    expect(await edge.allows('team:one', B)).toBe(true);
    expect(store.rulesAsked).toEqual(['one', 'two', 'none', 'team:one']);
    expect(store.seen.map(({ target }) => target).slice(-2)).toEqual(['/team%3Aone/x', '/team:one/x']);
    const preflight = { Origin: A, 'Access-Control-Request-Method': 'GET' };
    const answered = await edge.call('/one/x', { method: 'OPTIONS', headers: preflight });
    expect([answered.status, answered.headers['access-control-allow-origin']]).toEqual([200, A]);
  });

  test('serves the buckets by hosts too, and buckets with names of their own first', async () => {
    const store = await storeWith({ one: A, two: B });
    const own = await storeWith({ own: B });
    const buckets = { own: { bucket: `${own.url}/own`, hosts: ['two.files.example.com'] } };
    const edge = await edgeOf(store, { hosts: ['{bucket}.files.example.com'] }, {}, { buckets });
    const at = (host: string, target: string) => edge.call(target, { headers: { Host: host, Origin: A } });
    expect(await at('one.files.example.com', '/k')).toMatchObject({
      text: 'one k',
      headers: { 'access-control-allow-origin': A },
    });
    expect((await at('files.example.com', '/one/k')).text).toBe('one k');
    expect((await at('two.files.example.com', '/k')).text).toBe('own k');
    expect((await at('elsewhere.example', '/one/k')).status).toBe(404);
    expect(store.seen.every(({ host }) => store.url.endsWith(host))).toBe(true);
  });

  test('passes requests for the service, and learns at once of buckets that it creates and deletes', async () => {
    const store = await storeWith({ one: A });
    const edge = await edgeOf(store);
    expect((await edge.call('/', { headers: { Origin: A } })).text).toContain('<Buckets>one');
    expect(codeOf((await edge.call('/new/k')).text)).toBe('NoSuchBucket');
    expect((await edge.call('/new', { method: 'PUT' })).status).toBe(200);
    expect((await edge.call('/new/k')).text).toBe('new k');
    // Also of one that no request has named before.
    expect((await edge.call('/newer/', { method: 'PUT' })).status).toBe(200);
    expect((await edge.call('/newer/k')).text).toBe('newer k');
    expect((await edge.call('/new', { method: 'DELETE' })).status).toBe(204);
    const before = store.seen.length;
    expect(codeOf((await edge.call('/new/k')).text)).toBe('NoSuchBucket');
    expect(store.seen).toHaveLength(before);
  });

  test('a request of a missing bucket is answered as the store does, and does not reach it', async () => {
    const store = await storeWith({});
    const edge = await edgeOf(store);
    for (let time = 0; time < 3; time += 1) {
      for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'POST'])
        expect((await edge.call('/gone/k', { method })).status).toBe(404);
      const headers = { Origin: A, 'Access-Control-Request-Method': 'GET' };
      expect((await edge.call('/gone/k', { method: 'OPTIONS', headers })).status).toBe(403);
    }
    expect([store.rulesAsked, store.seen]).toEqual([['gone'], []]);
    const many = await Promise.all(Array.from({ length: 20 }, () => edge.call('/also-gone/k')));
    expect(many.map(({ status }) => status)).toEqual(Array(20).fill(404));
    expect([store.rulesAsked, store.seen]).toEqual([['gone', 'also-gone'], []]);
  });

  test('an unknown is not a missing bucket: objects flow while the store does not say', async () => {
    const store = await storeWith({ one: A });
    store.failing = { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' };
    const edge = await edgeOf(store);
    const answered = await edge.call('/one/k', { headers: { Origin: A } });
    expect([answered.status, answered.text]).toEqual([200, 'one k']);
    expect(answered.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Origin' });
    expect(answered.headers).not.toHaveProperty('access-control-allow-origin');
    // The store itself says that this one is missing.
    expect((await edge.call('/gone/k')).status).toBe(404);
    expect(store.seen.at(-1)?.target).toBe('/gone/k');
  });

  test('names that the lists deny never reach the store', async () => {
    const store = await storeWith({ 'media-1': A, 'media-private': A, other: A });
    const edge = await edgeOf(store, { allow: ['media-*'], deny: ['*-private'] });
    expect((await edge.call('/media-1/k')).status).toBe(200);
    for (const name of ['media-private', 'other', 'Media-1', 'a', 'media-1%2f..%2fother'])
      for (const method of ['GET', 'PUT', 'DELETE'])
        expect([404, 400]).toContain((await edge.call(`/${name}/k`, { method })).status);
    expect(store.rulesAsked).toEqual(['media-1']);
    expect(store.seen).toHaveLength(1);
  });

  test('passes the Host of the client only where it cannot name another bucket', async () => {
    const store = await storeWith({ one: A, two: A });
    const edge = await edgeOf(store, { keepHost: true, hosts: ['files.example.com'], allow: ['one'] });
    const at = (host: string, target: string) => edge.call(target, { headers: { Host: host } });
    expect((await at('files.example.com', '/one/k')).text).toBe('one k');
    expect(store.seen.at(-1)?.host).toBe('files.example.com');
    for (const host of [
      'two.files.example.com',
      'files%2eexample.com',
      'store.example',
      'files.example.com.',
    ])
      expect((await at(host, '/one/k')).status).toBe(404);
    expect(store.seen).toHaveLength(1);
  });

  test('one set of rules for all buckets is loaded once', async () => {
    const store = await storeWith({ one: null, two: null });
    const rules =
      '<CORSConfiguration><CORSRule><AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';
    const edge = await edgeOf(store, { rules });
    expect(await edge.allows('one', A)).toBe(true);
    expect(await edge.allows('two', A)).toBe(true);
    expect(store.rulesAsked).toEqual([]);
    expect((await edge.call('/gone/k')).status).toBe(404);
    expect(store.seen.at(-1)?.target).toBe('/gone/k');
  });
});

describe('the operator', () => {
  test('sees, explains and refreshes the buckets that are loaded, by their names', async () => {
    const store = await storeWith({ one: A, two: A });
    const edge = await edgeOf(store);
    expect(await edge.admin('/readyz')).toMatchObject({ status: 200 });
    expect(await edge.admin('/rules?bucket=one')).toMatchObject({ status: 404 });
    await edge.allows('one', A);
    expect(JSON.parse((await edge.admin('/rules')).text).buckets).toMatchObject([
      { bucket: 'one', state: 'fresh' },
    ]);
    expect(JSON.parse((await edge.admin(`/explain?bucket=one&origin=${A}`)).text)).toMatchObject({
      actual: { reason: 'matched' },
    });
    store.buckets.set('one', B);
    expect((await edge.admin('/refresh?bucket=one', 'POST')).status).toBe(200);
    expect(await edge.allows('one', B)).toBe(true);
    // A bucket that another program has created since.
    await edge.call('/new/k');
    store.buckets.set('new', A);
    expect((await edge.call('/new/k')).status).toBe(404);
    expect((await edge.admin('/refresh?bucket=new', 'POST')).status).toBe(200);
    expect(await edge.allows('new', A)).toBe(true);
    expect((await edge.admin('/refresh?bucket=..', 'POST')).status).toBe(404);
  });

  test('finds why a bucket has no rules, and readiness does not depend on invented names', async () => {
    const store = await storeWith({});
    store.failing = { status: 503, body: '' };
    const edge = await edgeOf(store);
    await edge.call('/invented/k');
    const { text } = await edge.admin('/rules?bucket=invented');
    expect(JSON.parse(text).buckets).toMatchObject([{ state: 'unavailable', failure: { count: 1 } }]);
    expect(JSON.parse((await edge.admin('/readyz')).text)).toMatchObject({ status: 'ready' });
  });

  test('counts requests by names that exist, and by the name of the store', async () => {
    const store = await storeWith({ one: A });
    const edge = await edgeOf(store);
    await edge.call('/one/k');
    await edge.call('/invented/k');
    store.failing = { status: 503, body: '' };
    await edge.call('/unknown/k');
    await edge.call('/');
    const { text } = await edge.admin('/metrics');
    const named = new Set(
      [...text.matchAll(/^bucket_cors_decisions_total\{bucket="([^"]*)"/gm)].map(([, name]) => name),
    );
    expect([...named].sort()).toEqual([`${store.url.slice('http://'.length)}/*`, 'one']);
    // The log has the name.
    expect(edge.lines.filter((line) => line.includes('"bucket":"invented"'))).toHaveLength(1);
  });
});

test('stores rules of buckets that exist, and no copies of invented names', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'store-state-'));
  closing.push(() => rm(folder, { recursive: true }));
  const store = await storeWith({ one: A });
  const first = await edgeOf(store, {}, { stateDir: folder });
  await first.allows('one', A);
  await first.call('/invented/k');
  const copies = async () => (await readdir(folder)).filter((name) => name.startsWith('rules-'));
  await until('the copy is written', async () => (await copies()).length > 0);
  await first.close();
  expect(await copies()).toHaveLength(1);
  // After a restart during an outage, the copy is in force.
  store.failing = { status: 503, body: '' };
  const second = await edgeOf(store, {}, { stateDir: folder });
  expect(await second.allows('one', A)).toBe(true);
});

test('another configuration is served without a restart', async () => {
  const store = await storeWith({ one: A, two: A });
  const edge = await startWith({ store: { url: store.url } }, {});
  closing.push(edge.close);
  expect((await edge.call('/two/k')).status).toBe(200);
  const { readConfigFile } = await import('../../../src/config/file.ts');
  const read = readConfigFile(JSON.stringify({ store: { url: store.url, deny: ['two'] } }), 'f');
  if (!read.ok) throw new Error('faults');
  await edge.replace(read.value.buckets, read.value.store);
  expect((await edge.call('/two/k')).status).toBe(404);
  expect(await edge.allows('one', A)).toBe(true);
});
