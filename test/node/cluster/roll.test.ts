import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { settle, supervise, URL } from './_fake.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('replacing the worker processes', () => {
  test('starts each new one before the old one drains, one slot after the other', async () => {
    const { supervisor, workers, next, lines } = supervise(2);
    await supervisor.start();
    next.stuck = true;
    const rolled = supervisor.roll();
    await settle();
    expect(workers).toHaveLength(3);
    expect(workers[0]?.received).toEqual([]);
    workers[2]?.sends({ kind: 'listening', url: URL });
    await settle();
    expect(workers[0]?.received).toEqual(['drain']);
    expect(workers[1]?.received).toEqual([]);
    expect(workers).toHaveLength(4);
    workers[3]?.sends({ kind: 'listening', url: URL });
    await rolled;
    expect(workers[1]?.received).toEqual(['drain']);
    for (const at of [0, 1]) workers[at]?.exits('with code 0');
    expect(lines).toEqual(['workers replaced']);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(4);
  });

  test('stops if a new one cannot start, and leaves the old ones', async () => {
    const { supervisor, workers, next, lines } = supervise(2);
    await supervisor.start();
    next.stuck = true;
    const rolled = supervisor.roll();
    await settle();
    workers[2]?.exits('with code 1');
    await rolled;
    expect(workers.slice(0, 2).flatMap(({ received }) => received)).toEqual([]);
    expect(lines.at(-1)).toBe('workers were not all replaced: the old ones stay');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(3);
  });

  test('fills the slot of a crashed one', async () => {
    const { supervisor, workers } = supervise(1);
    await supervisor.start();
    workers[0]?.exits('by SIGSEGV');
    await supervisor.roll();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(2);
    expect(supervisor.listening()).toBe(true);
  });

  test('waits while as many drain as serve, without a limit on their transfers, and logs it', async () => {
    const { supervisor, workers, lines } = supervise(1);
    await supervisor.start();
    await supervisor.roll();
    const again = supervisor.roll();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(2);
    expect([workers[0]?.isKilled(), workers[0]?.limits]).toEqual([false, [null]]);
    expect(lines.at(-1)).toBe('replacing waits for a worker that still has transfers');
    workers[0]?.exits('with code 0');
    await again;
    expect(workers).toHaveLength(3);
  });

  test('counts one that has just followed a crashed one as replaced', async () => {
    const { supervisor, workers, next, lines } = supervise(2);
    await supervisor.start();
    next.stuck = true;
    workers[0]?.exits('by SIGSEGV');
    await vi.advanceTimersByTimeAsync(1_000);
    const rolled = supervisor.roll();
    await settle();
    next.stuck = false;
    workers[2]?.sends({ kind: 'listening', url: URL });
    await rolled;
    expect(workers).toHaveLength(4);
    expect(workers[1]?.received).toEqual(['drain']);
    expect(lines.at(-1)).toBe('workers replaced');
  });

  test('stops without a log line when the edge ends', async () => {
    const { supervisor, workers, next, lines } = supervise(2);
    await supervisor.start();
    next.stuck = true;
    const rolled = supervisor.roll();
    await settle();
    const ended = supervisor.end(0);
    for (const worker of workers) worker.exits('with code 0');
    await Promise.all([rolled, ended]);
    expect(lines).toEqual([]);
  });
});
