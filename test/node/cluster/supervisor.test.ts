import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { crewOf, type Fake, settle, URL } from './_fake.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a start', () => {
  test('tells a worker what to be before it listens', async () => {
    const { crew, workers, next } = crewOf(1);
    next.stuck = true;
    const started = crew.start();
    workers[0]?.says({ kind: 'up' });
    await settle();
    expect(workers[0]?.told).toEqual(['listen']);
    expect(crew.listening()).toBe(false);
    workers[0]?.says({ kind: 'listening', url: URL });
    expect(await started).toBe(URL);
    expect(crew.listening()).toBe(true);
  });

  test('ends with the fault of a worker, once, and leaves none of them', async () => {
    const { crew, workers, next } = crewOf(3);
    next.stuck = true;
    const started = crew.start().catch(startFaultLines);
    workers[1]?.says({ kind: 'fault', lines: ['port 1 is in use'] });
    workers[1]?.ends('with code 1');
    expect(await started).toEqual(['port 1 is in use']);
    expect(workers.filter(({ killed }) => killed())).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(3);
  });

  test('goes on when a signal to the group of processes ends a worker before its first word', async () => {
    const { crew, workers, next } = crewOf(1);
    next.stuck = true;
    const started = crew.start().catch(startFaultLines);
    next.stuck = false;
    workers[0]?.ends('by SIGHUP');
    expect(await started).toBe(URL);
    expect(workers).toHaveLength(2);
  });

  test('ends when a worker ends without a word, or never listens', async () => {
    for (const end of [(worker?: Fake) => worker?.ends('by SIGSEGV'), () => vi.advanceTimersByTime(30_000)]) {
      const { crew, workers, next } = crewOf(1);
      next.stuck = true;
      const started = crew.start().catch(startFaultLines);
      end(workers[0]);
      expect(await started).toEqual([expect.stringMatching(/^a worker ended at its start, by SIG/)]);
    }
  });
});

describe('a worker that crashes', () => {
  test('while others are still on their way to listen is followed by another, and is not waited for', async () => {
    const { crew, workers, next } = crewOf(2);
    next.stuck = true;
    const started = crew.start();
    workers[0]?.says({ kind: 'listening', url: URL });
    await settle();
    workers[0]?.ends('by SIGKILL');
    workers[1]?.says({ kind: 'listening', url: URL });
    await started;
    next.stuck = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(workers).toHaveLength(3);
    for (let time = 0; time < 2; time += 1) {
      const before = workers.length;
      await crew.roll();
      expect(workers).toHaveLength(before + 2);
      for (const worker of workers.slice(0, before)) worker.ends('with code 0');
    }
  });

  test('in the very moment in which it listens is followed by another', async () => {
    const { crew, workers, next } = crewOf(1);
    next.stuck = true;
    const started = crew.start();
    workers[0]?.says({ kind: 'listening', url: URL });
    workers[0]?.ends('by SIGKILL');
    await started;
    expect(crew.listening()).toBe(false);
    next.stuck = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(crew.listening()).toBe(true);
  });

  test('is not told what to be when its first word comes after its end', async () => {
    const { crew, workers, next, lines } = crewOf(1);
    next.stuck = true;
    const started = crew.start().catch(startFaultLines);
    workers[0]?.ends('by SIGKILL');
    workers[0]?.says({ kind: 'up' });
    workers[0]?.says({ kind: 'listening', url: URL });
    await started;
    await vi.advanceTimersByTimeAsync(600_000);
    expect([workers[0]?.told, lines]).toEqual([[], []]);
  });

  test('the edge does not answer while every worker process is silent, and does when one of them speaks', async () => {
    const { crew, workers } = crewOf(2);
    await crew.start();
    for (const worker of workers) worker.hangs();
    await vi.advanceTimersByTimeAsync(5_000);
    expect([crew.answering(), crew.listening()]).toEqual([true, true]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect([crew.answering(), crew.listening()]).toEqual([false, false]);
    workers[1]?.says({ kind: 'counts', taken: null, id: null });
    expect([crew.answering(), crew.listening()]).toEqual([true, true]);
  });

  test('so does one that hangs: it is ended after 30 s of silence, and not before', async () => {
    const { crew, workers, lines } = crewOf(1);
    await crew.start();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(1);
    workers[0]?.hangs();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(workers[0]?.killed()).toBe(false);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(workers[0]?.killed()).toBe(true);
    expect(lines).toEqual([
      'a worker has said nothing for 30 s: it is ended',
      'a worker ended by SIGKILL; another takes its place',
    ]);
    expect(workers).toHaveLength(2);
  });

  test('is followed by another, after a pause that doubles up to a minute', async () => {
    const { crew, workers } = crewOf(1);
    await crew.start();
    for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      const before = workers.length;
      workers.at(-1)?.ends('by SIGSEGV');
      expect(crew.listening()).toBe(false);
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(workers).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(workers).toHaveLength(before + 1);
      expect(crew.listening()).toBe(true);
    }
  });

  test('after a minute of life is followed as if it were the first', async () => {
    const { crew, workers } = crewOf(1);
    await crew.start();
    workers.at(-1)?.ends('by SIGSEGV');
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.advanceTimersByTimeAsync(60_000);
    workers.at(-1)?.ends('by SIGSEGV');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(workers).toHaveLength(3);
  });

  test('as long as others cannot start, is followed by one more after each pause', async () => {
    const { crew, workers, next, lines } = crewOf(1);
    await crew.start();
    next.stuck = true;
    workers.at(-1)?.ends('by SIGSEGV');
    await vi.advanceTimersByTimeAsync(1_000);
    workers.at(-1)?.ends('with code 1');
    await vi.advanceTimersByTimeAsync(1_999);
    expect(workers).toHaveLength(2);
    next.stuck = false;
    await vi.advanceTimersByTimeAsync(1);
    expect(workers).toHaveLength(3);
    expect(crew.listening()).toBe(true);
    expect(lines).toEqual(['a worker ended by SIGSEGV; another takes its place', 'a worker could not start']);
  });
});

describe('the end', () => {
  test('waits for all workers, and kills those that stay longer than they may', async () => {
    const { crew, workers, gone } = crewOf(2);
    await crew.start();
    let done = false;
    const ended = crew.end(5_000).then(() => {
      done = true;
    });
    expect(workers.map(({ told }) => told)).toEqual([['end'], ['end']]);
    workers[0]?.ends('with code 0');
    await vi.advanceTimersByTimeAsync(9_999);
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await ended;
    expect(workers[1]?.killed()).toBe(true);
    expect(gone).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(2);
  });
});
