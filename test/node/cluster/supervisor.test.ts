import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startFaultLines } from '../../../src/node/start-fault.ts';
import { type FakeWorker, settle, supervise, URL } from './_fake.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the start of worker processes', () => {
  test('sends a worker process its state before it listens', async () => {
    const { supervisor, workers, next } = supervise(1);
    next.stuck = true;
    const started = supervisor.start();
    workers[0]?.sends({ kind: 'started' });
    await settle();
    expect(workers[0]?.received).toEqual(['listen']);
    expect(supervisor.listening()).toBe(false);
    workers[0]?.sends({ kind: 'listening', url: URL });
    expect(await started).toBe(URL);
    expect(supervisor.listening()).toBe(true);
  });

  test('fails with the first start fault, and kills the other worker processes', async () => {
    const { supervisor, workers, next } = supervise(3);
    next.stuck = true;
    const started = supervisor.start().catch(startFaultLines);
    workers[1]?.sends({ kind: 'fault', lines: ['port 1 is in use'] });
    workers[1]?.exits('with code 1');
    expect(await started).toEqual(['port 1 is in use']);
    expect(workers.filter(({ isKilled }) => isKilled())).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(3);
  });

  test('forks another when a signal to the process group ends one before its first message', async () => {
    const { supervisor, workers, next } = supervise(1);
    next.stuck = true;
    const started = supervisor.start().catch(startFaultLines);
    next.stuck = false;
    workers[0]?.exits('by SIGHUP');
    expect(await started).toBe(URL);
    expect(workers).toHaveLength(2);
  });

  test('fails when a worker process exits without a message, or does not listen in time', async () => {
    for (const failStart of [
      (worker?: FakeWorker) => worker?.exits('by SIGSEGV'),
      () => vi.advanceTimersByTime(30_000),
    ]) {
      const { supervisor, workers, next } = supervise(1);
      next.stuck = true;
      const started = supervisor.start().catch(startFaultLines);
      failStart(workers[0]);
      expect(await started).toEqual([expect.stringMatching(/^a worker ended at its start, by SIG/)]);
    }
  });
});

describe('a worker process that crashes', () => {
  test('while others start does not delay the start, and is followed by another', async () => {
    const { supervisor, workers, next } = supervise(2);
    next.stuck = true;
    const started = supervisor.start();
    workers[0]?.sends({ kind: 'listening', url: URL });
    await settle();
    workers[0]?.exits('by SIGKILL');
    workers[1]?.sends({ kind: 'listening', url: URL });
    await started;
    next.stuck = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(workers).toHaveLength(3);
    for (let time = 0; time < 2; time += 1) {
      const before = workers.length;
      await supervisor.roll();
      expect(workers).toHaveLength(before + 2);
      for (const worker of workers.slice(0, before)) worker.exits('with code 0');
    }
  });

  test('at the moment in which it listens is followed by another', async () => {
    const { supervisor, workers, next } = supervise(1);
    next.stuck = true;
    const started = supervisor.start();
    workers[0]?.sends({ kind: 'listening', url: URL });
    workers[0]?.exits('by SIGKILL');
    await started;
    expect(supervisor.listening()).toBe(false);
    next.stuck = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(supervisor.listening()).toBe(true);
  });

  test('gets no state when its first message arrives after its exit', async () => {
    const { supervisor, workers, next, lines } = supervise(1);
    next.stuck = true;
    const started = supervisor.start().catch(startFaultLines);
    workers[0]?.exits('by SIGKILL');
    workers[0]?.sends({ kind: 'started' });
    workers[0]?.sends({ kind: 'listening', url: URL });
    await started;
    await vi.advanceTimersByTimeAsync(600_000);
    expect([workers[0]?.received, lines]).toEqual([[], []]);
  });

  test('or hangs: the edge responds as long as one worker process sends messages', async () => {
    const { supervisor, workers } = supervise(2);
    await supervisor.start();
    for (const worker of workers) worker.hangs();
    await vi.advanceTimersByTimeAsync(5_000);
    expect([supervisor.answering(), supervisor.listening()]).toEqual([true, true]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect([supervisor.answering(), supervisor.listening()]).toEqual([false, false]);
    workers[1]?.sends({ kind: 'counts', taken: null, underway: [], id: null });
    expect([supervisor.answering(), supervisor.listening()]).toEqual([true, true]);
  });

  test('or hangs: it is killed after 30 s without a message, not earlier', async () => {
    const { supervisor, workers, lines } = supervise(1);
    await supervisor.start();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(1);
    workers[0]?.hangs();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(workers[0]?.isKilled()).toBe(false);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(workers[0]?.isKilled()).toBe(true);
    expect(lines).toEqual([
      'a worker has not responded for 30 s: it is killed',
      'a worker ended by SIGKILL; another takes its place',
    ]);
    expect(workers).toHaveLength(2);
  });

  test('is followed by another, after a pause that doubles up to a minute', async () => {
    const { supervisor, workers } = supervise(1);
    await supervisor.start();
    for (const pause of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      const before = workers.length;
      workers.at(-1)?.exits('by SIGSEGV');
      expect(supervisor.listening()).toBe(false);
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(workers).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(workers).toHaveLength(before + 1);
      expect(supervisor.listening()).toBe(true);
    }
  });

  test('after a minute of life is followed after the first pause again', async () => {
    const { supervisor, workers } = supervise(1);
    await supervisor.start();
    workers.at(-1)?.exits('by SIGSEGV');
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.advanceTimersByTimeAsync(60_000);
    workers.at(-1)?.exits('by SIGSEGV');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(workers).toHaveLength(3);
  });

  test('is followed by one more after each pause while new ones cannot start', async () => {
    const { supervisor, workers, next, lines } = supervise(1);
    await supervisor.start();
    next.stuck = true;
    workers.at(-1)?.exits('by SIGSEGV');
    await vi.advanceTimersByTimeAsync(1_000);
    workers.at(-1)?.exits('with code 1');
    await vi.advanceTimersByTimeAsync(1_999);
    expect(workers).toHaveLength(2);
    next.stuck = false;
    await vi.advanceTimersByTimeAsync(1);
    expect(workers).toHaveLength(3);
    expect(supervisor.listening()).toBe(true);
    expect(lines).toEqual(['a worker ended by SIGSEGV; another takes its place', 'a worker could not start']);
  });
});

describe('the end of worker processes', () => {
  test('waits for all of them, and kills those that exceed their limit', async () => {
    const { supervisor, workers, exited } = supervise(2);
    await supervisor.start();
    let done = false;
    const ended = supervisor.end(5_000).then(() => {
      done = true;
    });
    expect(workers.map(({ received }) => received)).toEqual([['drain'], ['drain']]);
    workers[0]?.exits('with code 0');
    await vi.advanceTimersByTimeAsync(9_999);
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await ended;
    expect(workers[1]?.isKilled()).toBe(true);
    expect(exited).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(workers).toHaveLength(2);
  });
});
