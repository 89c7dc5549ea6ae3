import { once } from 'node:events';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { refusesConnections } from '../node/_ports.ts';
import { call } from '../node/_running.ts';
import { openStore, rulesFor, SLOW_BEGIN, SLOW_END, type Store } from '../node/transport/_store.ts';
import { PATIENCE, type Run, run, stop } from './_process.ts';

let store: Store;
let edge: Run;
let url = '';
let admin = '';
const agent = new Agent({ connections: 1 });
beforeEach(async () => {
  store = await openStore(rulesFor('https://a.example'));
});
afterEach(async () => {
  await stop(edge);
  await store.close();
});

async function serve(delay: string, workers: string): Promise<void> {
  const ports = ['--port', '0', '--admin-port', '0', '--workers', workers];
  edge = run(['serve', '--bucket', store.url, ...ports, '--shutdown-delay', delay, '--drain', '9s']);
  url = await edge.address('edge');
  admin = await edge.address('admin');
  await until('it is ready', async () => (await call(`${admin}/readyz`)).status === 200, PATIENCE);
}

const probes = async () => {
  const paths = ['/healthz', '/readyz', '/readyz?serving'];
  return Promise.all(paths.map(async (path) => (await call(admin + path)).status));
};

/** Asks on a connection that stays open; returns the status and the Connection header. */
async function askAgain() {
  const answered = await request(`${url}/a`, { dispatcher: agent });
  await answered.body.dump();
  return [answered.statusCode, answered.headers.connection];
}

describe.each(['1', '2'])('with --workers %s and a delay', (workers) => {
  test('a signal makes probes fail, and the edge serves on until the delay is over', async () => {
    await serve('2s', workers);
    expect(await askAgain()).toEqual([200, 'keep-alive']);
    const signalled = performance.now();
    edge.child.kill('SIGTERM');
    await until('it is not ready', async () => (await call(`${admin}/readyz`)).status === 503, PATIENCE);
    expect(await probes()).toEqual([200, 503, 503]);
    expect(JSON.parse((await call(`${admin}/readyz?serving`)).text)).toMatchObject({
      status: 'shutting down',
    });
    expect(await askAgain()).toEqual([200, 'keep-alive']);
    // On a new connection too.
    const download = call(`${url}/slow`, { headers: { Connection: 'close' } });
    await until('the download has begun', () => store.waiting() === 1, PATIENCE);
    await until('connections are refused', () => refusesConnections(url), PATIENCE);
    expect(performance.now() - signalled).toBeGreaterThan(1_900);
    expect(await askAgain()).toEqual([200, 'close']);
    expect(await probes()).toEqual([200, 503, 503]);
    store.release();
    expect((await download).text).toBe(SLOW_BEGIN + SLOW_END);
    expect(await edge.code).toBe(0);
  });

  test('a second signal skips the delay, and a third one ends the edge at once', async () => {
    await serve('1h', workers);
    const download = call(`${url}/slow`).catch(() => null);
    await until('the download has begun', () => store.waiting() === 1, PATIENCE);
    edge.child.kill('SIGINT');
    await until('it is not ready', async () => (await call(`${admin}/readyz`)).status === 503, PATIENCE);
    expect(await refusesConnections(url)).toBe(false);
    edge.child.kill('SIGTERM');
    await until('connections are refused', () => refusesConnections(url), PATIENCE);
    expect(edge.child.exitCode).toBe(null);
    const exited = once(edge.child, 'exit');
    edge.child.kill('SIGTERM');
    expect(await exited).toEqual([null, 'SIGTERM']);
    store.release();
    await download;
  });
});

test('a second signal during the delay ends an edge without requests with 0', async () => {
  await serve('1h', '1');
  edge.child.kill('SIGTERM');
  await until('it is not ready', async () => (await call(`${admin}/readyz`)).status === 503, PATIENCE);
  edge.child.kill('SIGTERM');
  expect(await edge.code).toBe(0);
});
