import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Edge } from '../cli/_edges.ts';
import { PATIENCE, stop } from '../cli/_process.ts';
import { until } from '../helpers/until.ts';
import { load, loadByNewConnections } from '../node/cluster/_load.ts';
import { metric, serveFor, workersOf } from '../node/cluster/_served.ts';
import { openStore, rulesFor, type Store } from '../node/transport/_store.ts';
import { repeated } from './_length.ts';

const ROLLS = repeated(50);
const LIMIT = 900_000;
const CONNECTIONS = 16;
const hasWrk = spawnSync('wrk', ['-v']).error === undefined;

let store: Store;
let edge: Edge;
beforeAll(async () => {
  store = await openStore(rulesFor('https://a.example'));
  edge = await serveFor(LIMIT, '--bucket', store.url, '--workers', '2', '--log-level', 'warn');
});
afterAll(async () => {
  await stop(edge);
  await store.close();
});

/** Replaces the workers and polls until the old processes have exited, which the log level hides. */
async function roll(): Promise<void> {
  const before = await workersOf(edge);
  edge.child.kill('SIGUSR2');
  const replaced = async () => {
    const now = await workersOf(edge);
    return now.length === before.length && !now.some((worker) => before.includes(worker));
  };
  await until('the old workers have exited', replaced, PATIENCE);
}

test(`${ROLLS} rolling replacements under constant keep-alive load fail no request and lose no count`, async () => {
  const loading = load(edge.url, '/x', CONNECTIONS);
  for (let time = 0; time < ROLLS; time += 1) await roll();
  const { good, bad } = await loading.stop();
  console.log(`${ROLLS} replacements of both workers, ${good} requests, ${bad.length} failed`);
  expect(bad).toEqual([]);
  expect(await metric(edge, 'http_server_request_duration_seconds_count')).toBe(good);
});

test('nor a request of a client with a new connection for each request', async () => {
  const loading = loadByNewConnections(edge.url, '/x', CONNECTIONS);
  for (let time = 0; time < ROLLS; time += 1) await roll();
  const { good, bad } = await loading.stop();
  console.log(`${ROLLS} replacements of both workers, ${good} connections, ${bad.length} failed`);
  expect(bad).toEqual([]);
});

test.runIf(hasWrk)('nor a request of wrk', async () => {
  const wrk: ChildProcess = spawn('wrk', ['-t1', `-c${CONNECTIONS}`, '-d20s', `${edge.url}/x`]);
  let said = '';
  wrk.stdout?.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const ended = once(wrk, 'close');
  while (wrk.exitCode === null) await roll();
  await ended;
  console.log(said);
  expect(said).toContain('Requests/sec');
  expect(said).not.toMatch(/Socket errors|Non-2xx/);
});
