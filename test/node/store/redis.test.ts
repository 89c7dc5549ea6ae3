import { afterEach, describe, expect, test } from 'vitest';
import { call as callAny } from '../../helpers/client.ts';
import { KEYS, signed } from '../../helpers/signed.ts';
import { until } from '../../helpers/until.ts';
import { skipped, useServer, WITH_SERVER } from '../keep/_redis-server.ts';
import { rulesFor } from '../transport/_store.ts';
import { openManyBuckets, type StoreEdge, startWith } from './_store.ts';

const A = 'https://a.example';
const ENV = { AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.accessKeySecret };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe.skipIf(skipped)(`two instances before a store, ${WITH_SERVER}`, () => {
  const { start, url } = useServer();

  async function two(buckets: Record<string, string | null>, entry: object) {
    await start();
    const store = await openManyBuckets(buckets);
    closing.push(store.close);
    const serve = async (): Promise<StoreEdge> => {
      const file = { store: { url: store.url, ...entry } };
      const edge = await startWith(file, { rulesTtl: '1h', redis: url() }, { env: ENV });
      closing.push(edge.close);
      return edge;
    };
    return { store, one: await serve(), other: await serve() };
  }

  test('serve a bucket that is created through one of them', async () => {
    const { one, other } = await two({}, {});
    for (const { call } of [one, other]) expect((await call('/new/k')).status).toBe(404);
    expect((await one.call('/new', { method: 'PUT' })).status).toBe(200);
    await until('the other serves it', async () => (await other.call('/new/k')).status === 200);
  });

  test('decide by the rules that a client writes through one of them, and write no invented names', async () => {
    const { store, one, other } = await two({ own: null }, { management: 'keep' });
    for (const { allows } of [one, other]) expect(await allows('own', A)).toBe(false);
    const warned = one.lines.filter((line) => line.includes('share this Redis'));
    expect(warned).toEqual([expect.stringContaining('write a host name of the store')]);
    const { host } = new URL(one.url);
    const put = { method: 'PUT', target: '/own?cors', host, region: 'us-east-1', body: rulesFor(A) };
    const sent = await signed('SigV4 header with the hash of the body', put);
    expect((await callAny(one.url, sent)).status).toBe(200);
    await until('the other has the rules', () => other.allows('own', A));
    expect(store.rulesAsked).toEqual([]);
  });
});
