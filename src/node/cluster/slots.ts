import type { Logger } from 'pino';
import { startFaultLines } from '../start-fault.ts';
import { messageOf } from '../system-error.ts';
import type { WorkerProcess } from './fork.ts';
import type { Launched, Processes } from './processes.ts';

/** The place of one worker process. */
export interface Slot {
  /** Null while no process serves in it. */
  worker: WorkerProcess | null;
  /** A launch for this slot that is in flight. */
  filling: Promise<Filled> | null;
  /** Processes in a row that ended before LONG_LIFE_MS. */
  failures: number;
  restart: NodeJS.Timeout | undefined;
}

/** What `fill` replaced: the process before, null for an empty slot; false when the new one could not start. */
type Filled = WorkerProcess | null | false;

export interface SlotsOptions {
  readonly size: number;
  readonly processes: Pick<Processes, 'launch' | 'isRunning'>;
  readonly log: Pick<Logger, 'error'>;
  /** True once the edge ends: no process is restarted. */
  readonly isEnding: () => boolean;
}

/** The places of the worker processes that serve. A process that ends is replaced after a pause. */
export interface Slots {
  readonly all: readonly Slot[];
  /** Launches a process into an empty slot. Rejects with a start fault. */
  start(slot: Slot): Promise<Launched>;
  /** Launches a process into a slot, or waits for the launch that is in flight. Never rejects. */
  fill(slot: Slot): Promise<Filled>;
  /** Cancels a restart after a pause. */
  cancelRestart(slot: Slot): void;
  /** The processes that serve now. */
  serving(): readonly WorkerProcess[];
}

/** The pause before a restart doubles from the first to the longest with each failure in a row. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A process that lived this long did not end because of its start: the pauses begin again. */
const LONG_LIFE_MS = 60_000;

export function createSlots({ size, processes, log, isEnding }: SlotsOptions): Slots {
  const slots: readonly Slot[] = Array.from({ length: size }, () => ({
    worker: null,
    filling: null,
    failures: 0,
    restart: undefined,
  }));

  function place(slot: Slot, worker: WorkerProcess): void {
    clearTimeout(slot.restart);
    // It has already exited; no exit event will come.
    if (!processes.isRunning(worker)) {
      restart(slot);
      return;
    }
    slot.worker = worker;
    const since = performance.now();
    worker.onExit((how) => {
      if (slot.worker !== worker) return;
      slot.worker = null;
      if (isEnding()) return;
      log.error({ worker: worker.pid }, `a worker ended ${how}; another takes its place`);
      if (performance.now() - since >= LONG_LIFE_MS) slot.failures = 0;
      restart(slot);
    });
  }

  function restart(slot: Slot): void {
    if (isEnding()) return;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** slot.failures, LONGEST_PAUSE_MS);
    slot.failures += 1;
    clearTimeout(slot.restart);
    slot.restart = setTimeout(() => {
      if (slot.worker === null) void fill(slot);
    }, pause);
  }

  async function start(slot: Slot): Promise<Launched> {
    const launched = await processes.launch();
    place(slot, launched.worker);
    return launched;
  }

  function fill(slot: Slot): Promise<Filled> {
    slot.filling ??= replace(slot).finally(() => {
      slot.filling = null;
    });
    return slot.filling;
  }

  async function replace(slot: Slot): Promise<Filled> {
    try {
      const { worker } = await processes.launch();
      const before = slot.worker;
      place(slot, worker);
      return before;
    } catch (error) {
      const faults = startFaultLines(error) ?? [messageOf(error)];
      if (!isEnding()) log.error({ faults }, 'a worker could not start');
      if (slot.worker === null) restart(slot);
      return false;
    }
  }

  return {
    all: slots,
    start,
    fill,
    cancelRestart: (slot) => clearTimeout(slot.restart),
    serving: () => slots.flatMap(({ worker }) => worker ?? []),
  };
}
