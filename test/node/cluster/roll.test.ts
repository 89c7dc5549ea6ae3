import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { crewOf, settle, URL } from './_fake.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('rolling', () => {
  test('starts a worker before it ends the old one, one after the other', async () => {
    const { crew, workers, next, lines } = crewOf(2);
    await crew.start();
    next.stuck = true;
    const rolled = crew.roll();
    await settle();
    expect(workers).toHaveLength(3);
    expect(workers[0]?.told).toEqual([]);
    workers[2]?.says({ kind: 'listening', url: URL });
    await settle();
    expect(workers[0]?.told).toEqual(['end']);
    expect(workers[1]?.told).toEqual([]);
    expect(workers).toHaveLength(4);
    workers[3]?.says({ kind: 'listening', url: URL });
    await rolled;
    expect(workers[1]?.told).toEqual(['end']);
    for (const at of [0, 1]) workers[at]?.ends('with code 0');
    expect(lines).toEqual(['workers replaced']);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(4);
  });

  test('stops where a new worker cannot start: the old ones stay', async () => {
    const { crew, workers, next, lines } = crewOf(2);
    await crew.start();
    next.stuck = true;
    const rolled = crew.roll();
    await settle();
    workers[2]?.ends('with code 1');
    await rolled;
    expect(workers.slice(0, 2).flatMap(({ told }) => told)).toEqual([]);
    expect(lines.at(-1)).toBe('workers were not all replaced: the old ones stay');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(3);
  });

  test('takes a place that a crash has left', async () => {
    const { crew, workers } = crewOf(1);
    await crew.start();
    workers[0]?.ends('by SIGSEGV');
    await crew.roll();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(2);
    expect(crew.listening()).toBe(true);
  });

  test('waits while as many drain as serve, however long their transfers take, and says so', async () => {
    const { crew, workers, lines } = crewOf(1);
    await crew.start();
    await crew.roll();
    const again = crew.roll();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(2);
    expect([workers[0]?.killed(), workers[0]?.limits]).toEqual([false, [null]]);
    expect(lines.at(-1)).toBe('replacing waits for a worker that still has transfers');
    workers[0]?.ends('with code 0');
    await again;
    expect(workers).toHaveLength(3);
  });

  test('counts a worker that takes the place of a crashed one meanwhile as replaced', async () => {
    const { crew, workers, next, lines } = crewOf(2);
    await crew.start();
    next.stuck = true;
    workers[0]?.ends('by SIGSEGV');
    await vi.advanceTimersByTimeAsync(1_000);
    const rolled = crew.roll();
    await settle();
    next.stuck = false;
    workers[2]?.says({ kind: 'listening', url: URL });
    await rolled;
    expect(workers).toHaveLength(4);
    expect(workers[1]?.told).toEqual(['end']);
    expect(lines.at(-1)).toBe('workers replaced');
  });

  test('ends without a word of its own with the edge', async () => {
    const { crew, workers, next, lines } = crewOf(2);
    await crew.start();
    next.stuck = true;
    const rolled = crew.roll();
    await settle();
    const ended = crew.end(0);
    for (const worker of workers) worker.ends('with code 0');
    await Promise.all([rolled, ended]);
    expect(lines).toEqual([]);
  });
});
