import { stat } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { disksIdle, isDiskStuck, openDisk } from '../../../src/node/files/disk.ts';
import { stall } from '../../helpers/stall.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LIMIT = 5_000;

/** Work that the test ends. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const seen: AbortSignal[] = [];
  return {
    seen,
    end: resolve,
    fail: reject,
    run: (signal: AbortSignal) => {
      seen.push(signal);
      return promise;
    },
  };
}

const turn = () => vi.advanceTimersByTimeAsync(0);
/** The last millisecond of the limit, and the turn in which an answer still counts. */
const pastLimit = () => vi.advanceTimersByTimeAsync(2);

test('work runs one piece at a time, in order', async () => {
  const disk = openDisk(LIMIT);
  const [one, two] = [work(), work()];
  const [first, second] = [disk(one.run), disk(two.run)];
  await turn();
  expect([one.seen.length, two.seen.length]).toEqual([1, 0]);
  one.fail(new Error('no such file'));
  await expect(first).rejects.toThrow('no such file');
  await turn();
  expect(two.seen).toHaveLength(1);
  two.end('text');
  expect(await second).toBe('text');
  expect(vi.getTimerCount()).toBe(0);
});

test('work that hangs fails at the limit, with all work that waits for it', async () => {
  const disk = openDisk(LIMIT);
  const [hanging, waiting] = [work(), work()];
  const all = Promise.allSettled([disk(hanging.run), disk(waiting.run)]);
  await vi.advanceTimersByTimeAsync(LIMIT - 1);
  expect(isDiskStuck()).toBe(false);
  await pastLimit();
  const silent = { status: 'rejected', reason: { code: 'ETIMEDOUT', message: 'no answer within 5 seconds' } };
  expect(await all).toMatchObject([silent, silent]);
  expect(hanging.seen[0]?.aborted).toBe(true);
  expect(waiting.seen).toEqual([]);
  expect(isDiskStuck()).toBe(true);
  hanging.end('late');
  await turn();
  expect(isDiskStuck()).toBe(false);
});

test('while work hangs no other work begins, and after its end other work runs again', async () => {
  const disk = openDisk(LIMIT);
  const hanging = work();
  const first = disk(hanging.run).catch(() => 'timed out');
  await vi.advanceTimersByTimeAsync(LIMIT - 1);
  await pastLimit();
  expect(await first).toBe('timed out');
  const refused = work();
  await expect(disk(refused.run)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  expect(refused.seen).toEqual([]);
  hanging.fail(new Error('late'));
  await turn();
  const next = work();
  const running = disk(next.run);
  next.end('text');
  expect(await running).toBe('text');
  expect(isDiskStuck()).toBe(false);
});

test('work on one disk does not wait for another disk', async () => {
  const [one, other] = [openDisk(LIMIT), openDisk(LIMIT)];
  const [hanging, quick] = [work(), work()];
  void one(hanging.run).catch(() => {});
  const running = other(quick.run);
  quick.end('text');
  expect(await running).toBe('text');
  hanging.end('');
  await turn();
});

test('the limit of work starts when it runs, not while it waits', async () => {
  const disk = openDisk(LIMIT);
  const pieces = [work(), work(), work()];
  const all = Promise.all(pieces.map(({ run }) => disk(run)));
  for (const { end } of pieces) {
    await vi.advanceTimersByTimeAsync(LIMIT - 1);
    end('text');
    await turn();
  }
  expect(await all).toEqual(['text', 'text', 'text']);
});

test('the wait for idle disks ends with the work that runs, and with the limit of work that hangs', async () => {
  const [one, other] = [openDisk(LIMIT), openDisk(LIMIT)];
  const [quick, hanging] = [work(), work()];
  const all = Promise.allSettled([one(quick.run), other(hanging.run)]);
  let idle = false;
  void disksIdle().then(() => {
    idle = true;
  });
  quick.end('text');
  await vi.advanceTimersByTimeAsync(LIMIT - 1);
  expect(idle).toBe(false);
  await pastLimit();
  expect(idle).toBe(true);
  hanging.end('late');
  await all;
  await turn();
});

test('work that ends while the process stalls for longer than the limit succeeds', async () => {
  vi.useRealTimers();
  const looked = openDisk(30)(() => {
    const looking = stat('.');
    stall(120);
    return looking;
  });
  expect((await looked).isDirectory()).toBe(true);
});
