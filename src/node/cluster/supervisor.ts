import type { Logger } from 'pino';
import { coalesced } from '../../rules/refresh.ts';
import type { WorkerProcess } from './fork.ts';
import { createProcesses, type Processes, type ProcessesOptions } from './processes.ts';
import { createSlots, type Slot } from './slots.ts';

export interface SupervisorOptions extends Omit<ProcessesOptions, 'log' | 'isEnding'> {
  /** How many worker processes serve. */
  readonly size: number;
  readonly log: Pick<Logger, 'info' | 'error'>;
}

/** Starts, replaces and ends the worker processes. */
export interface Supervisor {
  /** Starts all of them, and resolves to the address where they listen. Rejects with the first start fault. */
  start(): Promise<string>;
  /** Whether a worker process accepts connections and responds. */
  listening(): boolean;
  /** False where there are worker processes and not one of them responds. */
  answering(): boolean;
  /** Replaces them one by one: an old one drains once the new one listens. */
  roll(): Promise<void>;
  /** Ends all of them; they finish what is in flight within `limit` milliseconds. */
  end(limit: number): Promise<void>;
}

/** Milliseconds after its drain limit until a worker process is killed: its last counts and log lines take time. */
const GRACE_MS = 5_000;

/** Supervises `size` worker processes. */
export function createSupervisor({ size, log, ...options }: SupervisorOptions): Supervisor {
  const draining = new Set<WorkerProcess>();
  let ending = false;
  const isEnding = (): boolean => ending;
  const processes = createProcesses({
    ...options,
    log,
    isEnding,
    onExit: (worker) => {
      draining.delete(worker);
      options.onExit(worker);
    },
  });
  const slots = createSlots({ size, processes, log, isEnding });

  function retire(worker: WorkerProcess): void {
    if (!processes.isRunning(worker)) return;
    draining.add(worker);
    // Without a limit: transfers go on while they move, and idle connections end by their own limits.
    void worker.send({ kind: 'drain', limit: null });
  }

  /** Waits while as many processes drain as serve, so that their number is bounded. */
  async function waitForDrained(): Promise<void> {
    if (draining.size < size) return;
    log.info({ draining: draining.size }, 'replacing waits for a worker that still has transfers');
    while (draining.size >= size) await Promise.race([...draining].map(processes.exit));
  }

  /** Resolves to whether the slot has a new process; one that has just replaced a crashed process is new. */
  async function renew(slot: Slot): Promise<boolean> {
    if (slot.filling !== null && (await slot.filling) !== false) return true;
    if (ending) return false;
    slots.cancelRestart(slot);
    const before = await slots.fill(slot);
    if (before) retire(before);
    return before !== false;
  }

  async function roll(): Promise<void> {
    for (const slot of slots.all) {
      await waitForDrained();
      if (ending) return;
      if (await renew(slot)) continue;
      if (!ending) log.error('workers were not all replaced: the old ones stay');
      return;
    }
    log.info({ workers: size }, 'workers replaced');
  }

  async function end(limit: number): Promise<void> {
    ending = true;
    slots.all.forEach(slots.cancelRestart);
    await endAll(processes, new Set([...slots.serving(), ...draining]), limit);
  }

  return {
    async start() {
      try {
        const launched = await Promise.all(slots.all.map(slots.start));
        return launched[0]?.url ?? '';
      } catch (error) {
        await end(0);
        throw error;
      }
    },
    listening: () => slots.serving().some(processes.responds),
    answering: () => slots.serving().length === 0 || slots.serving().some(processes.responds),
    roll: coalesced(roll),
    end,
  };
}

/** Lets the serving processes drain, kills those that do not listen yet, and kills what is left after the limit. */
async function endAll(
  processes: Processes,
  serving: ReadonlySet<WorkerProcess>,
  limit: number,
): Promise<void> {
  const running = processes.all();
  for (const worker of running) {
    if (serving.has(worker)) void worker.send({ kind: 'drain', limit });
    else worker.kill();
  }
  const late = setTimeout(() => {
    for (const worker of processes.all()) worker.kill();
  }, limit + GRACE_MS);
  await Promise.all(running.map(processes.exit));
  clearTimeout(late);
}
