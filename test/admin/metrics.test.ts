import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keyOf } from '../../src/rules/ruled-bucket.ts';
import { until } from '../helpers/until.ts';
import { configOf, type Started, startEdge } from '../node/_running.ts';
import { openStore, rulesFor, type Store } from '../node/transport/_store.ts';

describe('/metrics', () => {
  let store: Store;
  let edge: Started;
  beforeAll(async () => {
    store = await openStore(rulesFor('https://a.example'));
    edge = await startEdge(configOf({ bucket: store.url }));
    await until('the first load is over', () => edge.cache.status(keyOf(edge.bucket)).state !== 'not_loaded');
  });
  afterAll(async () => {
    await edge.close();
    await store.close();
  });

  const series = async (name: string) => {
    const { text, headers, status } = await edge.admin('/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain; version=/);
    return text.split('\n').filter((line) => line.startsWith(`${name}{`));
  };
  const name = 'http_server_request_duration_seconds_count';
  const decisions = 'bucket_cors_decisions_total';

  const total = async () =>
    (await series(name)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

  test('counts each request once, under its labels', async () => {
    const bucket = new URL(store.url).host;
    const headers = { Origin: 'https://a.example' };
    await edge.call('/a', { headers });
    await edge.call('/a', { headers });
    await edge.call('/a');
    await edge.call('/a', {
      method: 'OPTIONS',
      headers: { ...headers, 'Access-Control-Request-Method': 'PUT' },
    });
    await edge.call('/a', { method: 'PROPFIND' });
    const counted = [
      `${decisions}{bucket="${bucket}",kind="actual",reason="matched"} 2`,
      `${decisions}{bucket="${bucket}",kind="actual",reason="not_cors"} 2`,
      `${decisions}{bucket="${bucket}",kind="preflight",reason="method_not_allowed"} 1`,
    ];
    await until('all are counted', async () => (await total()) === 5);
    expect((await series(decisions)).sort()).toEqual(counted.sort());
    const { hostname, port } = new URL(store.url);
    expect(await series('http_client_request_duration_seconds_count')).toEqual([
      `http_client_request_duration_seconds_count{bucket="${bucket}",http_request_method="GET",` +
        `http_response_status_code="200",server_address="${hostname}",server_port="${port}"} 3`,
    ]);
  });

  test('has no series for the paths, origins, hosts and methods that clients invent', async () => {
    const all = async () =>
      (await edge.admin('/metrics')).text.split('\n').filter((line) => /^(?:bucket_cors_|http_)/.test(line));
    const sendAll = async (round: number) => {
      for (const method of ['GET', 'PROPFIND', 'REPORT', 'LINK', 'PURGE'])
        await edge.call(`/p${round}?q=${round}`, {
          method,
          headers: { Origin: `https://o${round}.example`, Host: `h${round}.example` },
        });
    };
    const before = await total();
    await sendAll(0);
    await until('the first are counted', async () => (await total()) === before + 5);
    const lines = (await all()).length;
    for (const round of [1, 2, 3, 4]) await sendAll(round);
    await until('all are counted', async () => (await total()) === before + 25);
    expect(await all()).toHaveLength(lines);
    expect((await all()).join('\n')).not.toMatch(/o1\.example|h1\.example|\/p1|PROPFIND/);
  });
});
