import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPendingCalls } from '../../../src/node/cluster/ipc.ts';
import { stall } from '../../helpers/stall.ts';

const sent = () => Promise.resolve(true);

test('a call without a reply resolves to null after its timeout', async () => {
  expect(await createPendingCalls<number>(1).call(sent)).toBeNull();
});

test('a call whose message cannot be sent resolves to null', async () => {
  expect(await createPendingCalls<number>(60_000).call(() => Promise.resolve(false))).toBeNull();
});

test('calls without a reply resolve to null when the other side has exited', async () => {
  const calls = createPendingCalls<number>(60_000);
  const waiting = [calls.call(sent), calls.call(sent)];
  calls.giveUp();
  expect(await Promise.all(waiting)).toEqual([null, null]);
});

test('a call gets a reply that arrives while this process stalls for longer than the timeout', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ipc-'));
  const program = join(folder, 'echo.cjs');
  await writeFile(program, "process.send(0); process.on('message', (id) => process.send(id))");
  const child = fork(program);
  await once(child, 'message');
  const calls = createPendingCalls<string>(150);
  child.on('message', (id: number) => calls.settle(id, 'reply'));
  const reply = calls.call(async (id) => {
    await new Promise((resolve) => child.send(id, resolve));
    stall(1_000);
    return true;
  });
  expect(await reply).toBe('reply');
  child.kill();
  await rm(folder, { recursive: true });
});
