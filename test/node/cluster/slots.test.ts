import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WorkerProcess } from '../../../src/node/cluster/fork.ts';
import { createSlots, type Slot } from '../../../src/node/cluster/slots.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** One slot, whose processes take 300 ms to start; `canStart` decides whether they do. */
function oneSlot() {
  const next = { canStart: true };
  const running = new Set<WorkerProcess>();
  async function launch() {
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (!next.canStart) throw new Error('cannot start');
    const exits: ((how: string) => void)[] = [];
    const kill = () => {
      running.delete(worker);
      for (const exit of exits) exit('by SIGKILL');
    };
    const worker = { pid: 1, onExit: (exit: (how: string) => void) => exits.push(exit), kill } as never;
    running.add(worker);
    return { worker, url: 'http://127.0.0.1:1' };
  }
  const slots = createSlots({
    size: 1,
    processes: { launch, isRunning: (worker) => running.has(worker) },
    log: { error: () => {} } as never,
    isEnding: () => false,
  });
  return { slots, slot: slots.all[0] as Slot, next, running };
}

describe('a process that crashes while its successor cannot start', () => {
  test('is followed by one process, not by another one outside its place', async () => {
    const { slots, slot, next, running } = oneSlot();
    const started = slots.start(slot);
    await vi.advanceTimersByTimeAsync(300);
    await started;
    next.canStart = false;
    const rolled = slots.fill(slot);
    slot.worker?.kill();
    // The crash and the failed start each ask for a restart.
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await rolled).toBe(false);
    next.canStart = true;
    slots.cancelRestart(slot);
    const filled = slots.fill(slot);
    await vi.advanceTimersByTimeAsync(300);
    expect(await filled).toBeNull();
    await vi.advanceTimersByTimeAsync(600_000);
    expect([...running]).toEqual([slot.worker]);
  });
});
