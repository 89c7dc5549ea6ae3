import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../helpers/until.ts';
import { call } from '../node/_running.ts';
import { openStore, rulesFor, SLOW_BEGIN, SLOW_END, type Store } from '../node/transport/_store.ts';
import { PATIENCE, type Run, run, stop } from './_process.ts';

let store: Store;
let edge: Run;
let url = '';
beforeEach(async () => {
  store = await openStore(rulesFor('https://a.example'));
});
afterEach(async () => {
  await stop(edge);
  await store.close();
});

async function serve(drain: string): Promise<void> {
  edge = run(['serve', '--bucket', store.url, '--port', '0', '--admin-port', '0', '--drain', drain]);
  url = await edge.address('edge');
}

async function download(): Promise<{ text: Promise<string> }> {
  const text = call(`${url}/slow`, { headers: { Connection: 'close' } }).then((answered) => answered.text);
  text.catch(() => undefined);
  await until('the download has begun', () => store.waiting() === 1, PATIENCE);
  return { text };
}

const refusesConnections = () =>
  new Promise<boolean>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => resolve(false));
    socket.once('error', () => resolve(true)).once('connect', () => socket.destroy());
  });

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  test('lets a download finish, accepts no connections, and exits with 0', async () => {
    await serve('9s');
    const { text } = await download();
    edge.child.kill(signal);
    await until('connections are refused', refusesConnections, PATIENCE);
    expect(edge.child.exitCode).toBe(null);
    store.release();
    expect(await text).toBe(SLOW_BEGIN + SLOW_END);
    expect(await edge.code).toBe(0);
    expect(edge.stdout()).toMatch(/"path":"\/slow".*"status":200,"code":null/);
    expect(edge.stdout()).toMatch(/"inFlight":1,"ended":0,"msg":"requests in flight finished"/);
  });

  test('cuts off a download that takes longer than --drain, and exits with 0', async () => {
    await serve('1s');
    const { text } = await download();
    edge.child.kill(signal);
    await expect(text).rejects.toThrow();
    expect(await edge.code).toBe(0);
    expect(edge.stdout()).toMatch(/"path":"\/slow".*"code":"ClientGone"/);
    expect(edge.stdout()).toMatch(/"level":"warn".*"inFlight":1,"ended":1,"msg":"requests in flight ended/);
  });
});

test('without a request in flight the edge exits at once, whatever --drain is', async () => {
  await serve('1h');
  await call(`${url}/a`);
  edge.child.kill('SIGTERM');
  expect(await edge.code).toBe(0);
});

test('a second signal ends the edge at once', async () => {
  await serve('1h');
  await download();
  edge.child.kill('SIGTERM');
  await until('connections are refused', refusesConnections, PATIENCE);
  edge.child.kill('SIGTERM');
  expect(await edge.code).toBe('killed');
  expect(edge.child.signalCode).toBe('SIGTERM');
});
