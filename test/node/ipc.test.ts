import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { primaryBus, workerBus } from '../../src/node/ipc.ts';
import { type BusMessage, readBusMessage } from '../../src/rules/bus.ts';
import { until } from '../helpers/until.ts';

const MODULE = new URL('../../src/node/ipc.ts', import.meta.url).href;

/** Reports what it hears on its channel as `{heard}`, and does what `{order}` says. */
const WORKER = `
import { workerBus } from '${MODULE}';
const bus = workerBus();
bus.subscribe((message) => process.send({ heard: message }));
process.on('message', ({ order, message }) => {
  if (order === 'publish') bus.publish(message);
  if (order === 'close') bus.close().then(() => process.send({ closed: true }));
});
process.send({ ready: true });
`;

/** A primary of node:cluster with two workers; the first publishes, the second and the primary tell. */
const CLUSTER = `
import cluster from 'node:cluster';
import { primaryBus, workerBus } from '${MODULE}';
if (cluster.isPrimary) {
  const bus = primaryBus();
  const heard = [];
  const hear = (who) => {
    heard.push(who);
    if (heard.length < 2) return;
    process.send({ heard: heard.sort() });
    for (const worker of Object.values(cluster.workers)) worker.disconnect();
    process.disconnect();
  };
  bus.subscribe((message) => hear('primary ' + message.bucket));
  const [first, second] = [cluster.fork(), cluster.fork()];
  for (const worker of [first, second]) bus.add(worker);
  let ready = 0;
  for (const worker of [first, second]) worker.on('message', (message) => {
    if (message.ready && ++ready === 2) first.send('speak');
    if (message.heard) hear(message.heard);
  });
} else {
  const bus = workerBus();
  bus.subscribe((message) => process.send({ heard: 'worker ' + message.bucket }));
  process.on('message', (message) => message === 'speak' && bus.publish({ kind: 'refresh', bucket: 'b' }));
  process.send({ ready: true });
}
`;

let folder = '';
const children: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ipc-'));
  await writeFile(join(folder, 'worker.mjs'), WORKER);
  await writeFile(join(folder, 'cluster.mjs'), CLUSTER);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(folder, { recursive: true }));

function start(script: string) {
  const child = fork(join(folder, script), { execArgv: [] });
  children.push(child);
  return child;
}

async function worker() {
  const child = start('worker.mjs');
  const heard: (BusMessage | null)[] = [];
  let closed = false;
  child.on('message', (message: { heard?: unknown; closed?: boolean }) => {
    if (message.heard !== undefined) heard.push(readBusMessage(message.heard));
    closed ||= message.closed === true;
  });
  await once(child, 'message');
  const order = (what: string, message?: unknown) => void child.send({ order: what, message });
  return { child, heard, order, isClosed: () => closed };
}

const refresh = (bucket: string): BusMessage => ({ kind: 'refresh', bucket });

test('the primary and its workers hear each other, and nobody hears itself', async () => {
  const bus = primaryBus();
  const heard: BusMessage[] = [];
  bus.subscribe((message) => heard.push(message));
  const [one, two] = await Promise.all([worker(), worker()]);
  for (const { child } of [one, two]) bus.add(child);
  bus.publish(refresh('of the primary'));
  await until('both workers hear the primary', () => one.heard.length === 1 && two.heard.length === 1);
  one.order('publish', refresh('of one'));
  await until('the other worker hears', () => two.heard.length === 2);
  two.order('publish', { kind: 'changed', bucket: 'of two', version: '0123456789abcdef' });
  // Channels keep the order: what one had heard of itself would stand before this.
  await until('the first worker hears', () => one.heard.length === 2);
  expect(one.heard.map((message) => message?.bucket)).toEqual(['of the primary', 'of two']);
  expect(two.heard.map((message) => message?.bucket)).toEqual(['of the primary', 'of one']);
  expect(heard.map((message) => message.bucket)).toEqual(['of one', 'of two']);
  await bus.close();
});

test('what is no message is heard by nobody, from either end', async () => {
  const bus = primaryBus();
  const heard: BusMessage[] = [];
  bus.subscribe((message) => heard.push(message));
  const [one, two] = await Promise.all([worker(), worker()]);
  for (const { child } of [one, two]) bus.add(child);
  one.order('publish', { kind: 'stop', bucket: 'b' });
  one.child.send({ 'bucket-cors': { kind: 'refresh', bucket: 7 } });
  one.child.send('text');
  one.order('publish', refresh('good'));
  await until('the good one arrives', () => two.heard.length === 1);
  expect(two.heard).toEqual([refresh('good')]);
  expect(one.heard).toEqual([]);
  expect(heard).toEqual([refresh('good')]);
  await bus.close();
});

test('a worker that has died is forgotten, and the others are served on', async () => {
  const bus = primaryBus();
  const [one, two] = await Promise.all([worker(), worker()]);
  for (const { child } of [one, two]) bus.add(child);
  const before = one.child.listenerCount('disconnect');
  one.child.kill('SIGKILL');
  bus.publish(refresh('a'));
  await until('the worker is forgotten', () => one.child.listenerCount('disconnect') === before - 1);
  bus.publish(refresh('b'));
  await until('the other worker hears both', () => two.heard.length === 2);
  await bus.close();
});

test('members that have closed neither hear nor speak', async () => {
  const bus = primaryBus();
  const heard: BusMessage[] = [];
  bus.subscribe((message) => heard.push(message));
  const [one, two] = await Promise.all([worker(), worker()]);
  for (const { child } of [one, two]) bus.add(child);
  one.order('close');
  await until('the worker has closed', one.isClosed);
  one.order('publish', refresh('of a closed worker'));
  bus.publish(refresh('a'));
  await until('the other worker hears', () => two.heard.length === 1);
  two.order('publish', refresh('b'));
  await until('the primary hears', () => heard.length === 1);
  expect(one.heard).toEqual([]);
  await bus.close();
  bus.publish(refresh('of a closed primary'));
  two.order('close');
  await until('that worker has closed too', two.isClosed);
  expect(two.heard).toEqual([refresh('a')]);
  expect(heard).toEqual([refresh('b')]);
});

test('a worker that takes nothing more loses messages, and the primary keeps no more than a thousand', () => {
  const bus = primaryBus();
  let sent = 0;
  const stuck = { send: () => ++sent > 0, on: () => undefined, off: () => undefined };
  bus.add(stuck);
  for (let at = 0; at < 5_000; at += 1) bus.publish(refresh('b'));
  expect(sent).toBe(1_000);
});

test('the workers of node:cluster hear each other through their primary', async () => {
  const [{ heard }] = (await once(start('cluster.mjs'), 'message')) as [{ heard: string[] }];
  expect(heard).toEqual(['primary b', 'worker b']);
});

test('a process without a channel is told so', () => {
  const { send } = process;
  try {
    Object.assign(process, { send: undefined });
    expect(() => workerBus()).toThrow(/no IPC channel: start it with fork/);
  } finally {
    Object.assign(process, { send });
  }
});
