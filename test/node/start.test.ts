import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyOf } from '../../src/rules/ruled-bucket.ts';
import { until } from '../helpers/until.ts';
import { freePort, refusesConnections } from './_ports.ts';
import { call, configOf, type Started, startEdge } from './_running.ts';
import { openStore, rulesFor, SLOW_BEGIN, SLOW_END, type Store, UNAVAILABLE } from './transport/_store.ts';

let folder = '';
let store: Store;
const open: Started[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-'));
  store = await openStore(rulesFor('https://a.example'));
});
afterEach(async () => {
  store.release();
  for (const edge of open.splice(0)) await edge.close();
  await store.close();
  await rm(folder, { recursive: true });
});

async function running(
  options: Record<string, string> = {},
  about: { rulesTtl?: number; drain?: number } = {},
) {
  const edge = await startEdge({ ...configOf({ bucket: store.url, ...options }), ...about });
  open.push(edge);
  return edge;
}

describe('a start succeeds', () => {
  test('while the bucket’s rules are unavailable: objects flow, and CORS headers follow when the rules load', async () => {
    store.cors = UNAVAILABLE;
    const edge = await running();
    const headers = { Origin: 'https://a.example' };
    const before = await edge.call('/a', { headers });
    expect(before).toMatchObject({ status: 200, text: 'hello' });
    expect(before.headers).not.toHaveProperty('access-control-allow-origin');
    store.cors = { status: 200, body: rulesFor('https://a.example') };
    await edge.cache.refresh(edge.bucket);
    expect((await edge.call('/a', { headers })).headers).toMatchObject({
      'access-control-allow-origin': 'https://a.example',
    });
  });

  test('with rules at a URL that does not answer yet', async () => {
    const edge = await running({ rules: `http://127.0.0.1:${await freePort()}/r.xml` });
    await until('the load has failed', () => edge.cache.status(keyOf(edge.bucket)).state === 'unavailable');
  });

  test.each<Record<string, string>>([{ dangerouslyOpenAdmin: 'true' }, { adminToken: 'env:T' }])(
    'with the admin port beyond this machine and %j',
    async (options) => {
      const config = configOf({ bucket: store.url, adminHost: '0.0.0.0', ...options });
      const edge = await startEdge(config, { T: '0123456789abcdef' });
      open.push(edge);
      expect((await edge.admin('/healthz')).status).toBe(200);
    },
  );

  test('and rules are loaded again although no request comes', async () => {
    const edge = await running({}, { rulesTtl: 20 });
    await until('the third load begins', () => store.asked() >= 3);
    store.cors = { status: 200, body: rulesFor('https://b.example') };
    await until(
      'the new rules are loaded',
      () => edge.logged().filter(({ msg }) => msg === 'rules loaded').length === 2,
    );
  });

  test('and a first load that failed is retried although no request comes', async () => {
    store.cors = UNAVAILABLE;
    const edge = await running({ rulesTtl: '1h' });
    await until('the first load begins', () => store.asked() >= 1);
    store.cors = { status: 200, body: rulesFor('https://a.example') };
    await until('the edge is ready', async () => (await edge.admin('/readyz')).status === 200);
  });

  test('and a PUT of the rules through the edge takes effect at once', async () => {
    const edge = await running();
    await until('there are rules', () => edge.cache.status(keyOf(edge.bucket)).state === 'fresh');
    store.cors = { status: 200, body: rulesFor('https://b.example') };
    await edge.call('/?cors', { method: 'PUT', body: store.cors.body });
    const { headers } = await edge.call('/a', { headers: { Origin: 'https://b.example' } });
    expect(headers['access-control-allow-origin']).toBe('https://b.example');
  });

  test('with the longest --rules-ttl, 7d, without a timer that Node reduces to 1 ms', async () => {
    const warnings: string[] = [];
    const record = ({ name }: Error) => void warnings.push(name);
    process.on('warning', record);
    await running({ rulesTtl: '7d' });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', record);
    expect(warnings).toEqual([]);
  });
});

describe('closing', () => {
  /** Begins a download that waits, on a keep-alive connection. */
  async function download(edge: Started) {
    const agent = new Agent({ keepAliveTimeout: 60_000 });
    const answered = await request(`${edge.url}/slow`, { dispatcher: agent });
    await until('the download has begun', () => store.waiting() === 1);
    return { text: answered.body.text(), agent };
  }

  test('finishes requests in flight and accepts no new connection', async () => {
    const edge = await running();
    const { text, agent } = await download(edge);
    const closing = edge.close();
    await until('connections are refused', () => refusesConnections(edge.url));
    expect(store.waiting()).toBe(1);
    store.release();
    expect(await text).toBe(SLOW_BEGIN + SLOW_END);
    await agent.destroy();
    await closing;
    expect(await refusesConnections(edge.adminUrl)).toBe(true);
  });

  test('closes the connection of a finished request after the drain limit at most', async () => {
    const edge = await running({}, { drain: 500 });
    const { text, agent } = await download(edge);
    const closing = edge.close();
    await until('connections are refused', () => refusesConnections(edge.url));
    store.release();
    expect(await text).toBe(SLOW_BEGIN + SLOW_END);
    await closing;
    await agent.destroy();
  });

  test('closes a connection without any request after the drain limit at most', async () => {
    const edge = await running({}, { drain: 50 });
    const { hostname, port } = new URL(edge.url);
    const spare = connect(Number(port), hostname);
    await new Promise((resolve) => spare.once('connect', resolve));
    // Once this is answered, the server has accepted the connection before it.
    await edge.call('/a');
    await edge.close();
    spare.destroy();
  });

  test('cuts off a download that takes longer than the drain limit', async () => {
    const edge = await running({}, { drain: 50 });
    const { text, agent } = await download(edge);
    const failed = expect(text).rejects.toThrow();
    await edge.close();
    await failed;
    await until('the bucket’s connection has closed', () => store.waiting() === 0);
    await agent.destroy();
    const requests = edge.logged().filter(({ msg }) => msg === 'request');
    expect(requests.at(-1)).toMatchObject({ path: '/slow', code: 'ClientGone' });
  });

  test('with the longest --drain, 1h, cuts off no download', async () => {
    const edge = await running({ drain: '1h' });
    const { text, agent } = await download(edge);
    const closing = edge.close();
    const whole = text.catch(() => 'cut off');
    await until('connections are refused', () => refusesConnections(edge.url));
    // A few round trips: a timer of 1 ms would have fired.
    for (let trip = 0; trip < 5; trip += 1) await edge.admin('/healthz').catch(() => undefined);
    store.release();
    expect(await whole).toBe(SLOW_BEGIN + SLOW_END);
    await agent.destroy();
    await closing;
  });

  test('does not wait for a connection to the bucket that is still being made', async () => {
    const sockets = new Set<Socket>();
    // Accepts connections, and never completes a TLS handshake.
    const mute = createNetServer((socket) => void sockets.add(socket.on('error', () => {})));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const bucket = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const edge = await running(
      { bucket, rules: rulesFor('https://a.example'), bucketConnectTimeout: '10m' },
      { drain: 0 },
    );
    const asked = edge.call('/a').catch(() => 'cut off');
    await until('the connection is being made', () => sockets.size === 1);
    const before = performance.now();
    await edge.close();
    expect(performance.now() - before).toBeLessThan(3_000);
    expect(await asked).toBe('cut off');
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });

  test('may be called more than once', async () => {
    const edge = await running();
    await Promise.all([edge.close(), edge.close()]);
    await edge.close();
    await expect(call(edge.url)).rejects.toThrow();
  });
});

describe('rules in a file', () => {
  const allowed = async (edge: Started, origin: string) =>
    (await edge.call('/a', { headers: { Origin: origin } })).headers['access-control-allow-origin'] ===
    origin;

  test('take effect when the file is edited; after a faulty edit the last good rules stay in force', async () => {
    const file = join(folder, 'rules.xml');
    await writeFile(file, rulesFor('https://a.example'));
    const edge = await running({ rules: file, rulesTtl: '1h' });
    expect(await allowed(edge, 'https://a.example')).toBe(true);
    await writeFile(file, rulesFor('https://b.example'));
    await until('the new rules decide', () => allowed(edge, 'https://b.example'));
    await writeFile(file, '<CORSConfiguration><CORSRule>');
    await until(
      'the fault is reported',
      async () => (await edge.admin('/readyz')).json.status === 'degraded',
    );
    expect(await allowed(edge, 'https://b.example')).toBe(true);
  });
});
