import type { Logger } from 'pino';
import { coalesced } from '../../rules/refresh.ts';
import { startFault, startFaultLines } from '../start-fault.ts';
import { messageOf } from '../system-error.ts';
import type { Forked } from './fork.ts';
import type { ToPrimary } from './messages.ts';

/** What a worker says that is none of the crew's own business. */
export type Heard = Extract<ToPrimary, { kind: 'ask' | 'counts' | 'leaving' }>;

export interface CrewOptions {
  readonly size: number;
  readonly fork: () => Forked;
  readonly log: Pick<Logger, 'info' | 'error'>;
  /** Tells a new worker all that it must know before it listens. */
  readonly brief: (worker: Forked) => Promise<void>;
  readonly heard: (worker: Forked, message: Heard) => void;
  readonly gone: (worker: Forked) => void;
}

export interface Crew {
  /** Starts all workers, and gives back where they listen. Rejects with the fault of the first that can't start. */
  start(): Promise<string>;
  /** Whether a worker process accepts connections and answers. */
  listening(): boolean;
  /** False where there are worker processes and not one of them answers. */
  answering(): boolean;
  /** Replaces the workers one by one: an old one drains once the new one listens. */
  roll(): Promise<void>;
  /** Ends all workers, which finish what is in flight within so many milliseconds. */
  end(limit: number): Promise<void>;
}

/** The worker that was there before, or false where no other could start. */
type Filled = Forked | null | false;

interface Slot {
  worker: Forked | null;
  /** A worker for it is on its way. */
  filling: Promise<Filled> | null;
  /** Workers that ended in a row without a long life. */
  failures: number;
  restart: NodeJS.Timeout | undefined;
}

/** Milliseconds for a worker to listen. */
const START_LIMIT = 30_000;
const BACK_OFF_FIRST = 1_000;
const BACK_OFF_CEILING = 60_000;
/** A worker that has lived so long was not ended by its start. */
const LONG_LIFE = 60_000;
/** A worker process sends what it counted every second. How often that is checked. */
const LOOK_EVERY = 2_000;
/** After so many checks in a row without a message it does not answer. */
const SILENT_LOOKS = 3;
/** After so many it is ended, and another takes its place. */
const HANGING_LOOKS = 15;
/** Meant for the primary by whoever signals its group; a process that has not got to its first line dies of them. */
const TO_A_GROUP: ReadonlySet<string> = new Set(['by SIGHUP', 'by SIGUSR2']);
/** Beyond its own limit, for what a worker does at its end. */
const GRACE = 5_000;

/** Keeps so many workers alive. */
export function createCrew({ size, fork, log, brief, heard, gone }: CrewOptions): Crew {
  const slots: readonly Slot[] = Array.from({ length: size }, () => ({
    worker: null,
    filling: null,
    failures: 0,
    restart: undefined,
  }));
  /** Every process there is. */
  const alive = new Map<Forked, { readonly end: Promise<void>; answers(): boolean }>();
  const draining = new Set<Forked>();
  let ending = false;

  function launch(): Promise<{ worker: Forked; url: string }> {
    const worker = fork();
    const late = setTimeout(worker.kill, START_LIMIT);
    const heedful = watch(worker);
    let begun = false;
    let lines: readonly string[] | null = null;
    const end = new Promise<void>((resolve) =>
      worker.ended(() => {
        clearTimeout(late);
        heedful.close();
        alive.delete(worker);
        draining.delete(worker);
        gone(worker);
        resolve();
      }),
    );
    alive.set(worker, { end, answers: heedful.answers });
    return new Promise((resolve, reject) => {
      worker.heard((message) => {
        heedful.heard();
        // What it said last may come after its end.
        const lives = alive.has(worker);
        if (message.kind === 'up') {
          begun = true;
          if (lives) void brief(worker).then(() => worker.tell({ kind: 'listen' }));
        } else if (message.kind === 'fault') lines = message.lines;
        else if (message.kind !== 'listening') heard(worker, message);
        else if (lives) {
          clearTimeout(late);
          heedful.begin();
          resolve({ worker, url: message.url });
        }
      });
      worker.ended((how) => {
        if (!begun && !ending && TO_A_GROUP.has(how)) resolve(launch());
        else reject(startFault(lines ?? [`a worker ended at its start, ${how}`]));
      });
    });
  }

  /** Ends a worker process that hangs. It counts checks, not time: this process may have stood still itself. */
  function watch(worker: Forked) {
    let looks = 0;
    let timer: NodeJS.Timeout | undefined;
    const look = (): void => {
      looks += 1;
      if (looks <= HANGING_LOOKS) return;
      log.error(
        { worker: worker.pid },
        `a worker has said nothing for ${(HANGING_LOOKS * LOOK_EVERY) / 1000} s: it is ended`,
      );
      worker.kill();
    };
    return {
      begin: () => {
        timer = setInterval(look, LOOK_EVERY).unref();
      },
      heard: () => {
        looks = 0;
      },
      answers: () => looks <= SILENT_LOOKS,
      close: () => clearInterval(timer),
    };
  }

  function place(slot: Slot, worker: Forked): void {
    clearTimeout(slot.restart);
    // One that has ended already says so no more.
    if (!alive.has(worker)) {
      restart(slot);
      return;
    }
    slot.worker = worker;
    const since = performance.now();
    worker.ended((how) => {
      if (slot.worker !== worker) return;
      slot.worker = null;
      if (ending) return;
      log.error({ worker: worker.pid }, `a worker ended ${how}; another takes its place`);
      if (performance.now() - since >= LONG_LIFE) slot.failures = 0;
      restart(slot);
    });
  }

  function restart(slot: Slot): void {
    if (ending) return;
    const pause = Math.min(BACK_OFF_FIRST * 2 ** slot.failures, BACK_OFF_CEILING);
    slot.failures += 1;
    slot.restart = setTimeout(() => void fill(slot), pause);
  }

  /** Puts a new worker into a slot; whoever asks while one is on its way waits for that one. */
  function fill(slot: Slot): Promise<Filled> {
    slot.filling ??= fillNow(slot).finally(() => {
      slot.filling = null;
    });
    return slot.filling;
  }

  async function fillNow(slot: Slot): Promise<Filled> {
    try {
      const { worker } = await launch();
      const before = slot.worker;
      place(slot, worker);
      return before;
    } catch (error) {
      const faults = startFaultLines(error) ?? [messageOf(error)];
      if (!ending) log.error({ faults }, 'a worker could not start');
      if (slot.worker === null) restart(slot);
      return false;
    }
  }

  function retire(worker: Forked): void {
    if (!alive.has(worker)) return;
    draining.add(worker);
    // A transfer takes as long as it moves; connections without one end by their own limits.
    void worker.tell({ kind: 'end', limit: null });
  }

  /** Those that drain are bounded: while there are as many as serve, one must end first. */
  async function room(): Promise<void> {
    if (draining.size < size) return;
    log.info({ draining: draining.size }, 'replacing waits for a worker that still has transfers');
    while (draining.size >= size) await Promise.race([...draining].map((worker) => alive.get(worker)?.end));
  }

  /** Whether it has a new worker now: one that took the place of a crashed one meanwhile is new. */
  async function renew(slot: Slot): Promise<boolean> {
    if (slot.filling !== null && (await slot.filling) !== false) return true;
    if (ending) return false;
    clearTimeout(slot.restart);
    const before = await fill(slot);
    if (before) retire(before);
    return before !== false;
  }

  async function rollNow(): Promise<void> {
    for (const slot of slots) {
      await room();
      if (ending) return;
      if (await renew(slot)) continue;
      if (!ending) log.error('workers were not all replaced: the old ones stay');
      return;
    }
    log.info({ workers: size }, 'workers replaced');
  }

  async function endAll(limit: number): Promise<void> {
    ending = true;
    for (const { restart } of slots) clearTimeout(restart);
    const serving = new Set([...slots.map(({ worker }) => worker), ...draining]);
    for (const worker of alive.keys()) {
      if (serving.has(worker)) void worker.tell({ kind: 'end', limit });
      else worker.kill();
    }
    const late = setTimeout(() => {
      for (const worker of alive.keys()) worker.kill();
    }, limit + GRACE);
    await Promise.all([...alive.values()].map(({ end }) => end));
    clearTimeout(late);
  }

  const serving = (): readonly Forked[] => slots.flatMap(({ worker }) => worker ?? []);
  const answers = (worker: Forked): boolean => alive.get(worker)?.answers() ?? false;

  return {
    async start() {
      try {
        const urls = await Promise.all(
          slots.map(async (slot) => {
            const { worker, url } = await launch();
            place(slot, worker);
            return url;
          }),
        );
        return urls[0] ?? '';
      } catch (error) {
        await endAll(0);
        throw error;
      }
    },
    listening: () => serving().some(answers),
    answering: () => serving().length === 0 || serving().some(answers),
    roll: coalesced(rollNow),
    end: endAll,
  };
}
