import type { Logger } from 'pino';
import { startFault } from '../start-fault.ts';
import type { WorkerProcess } from './fork.ts';
import { watchLiveness } from './liveness.ts';
import type { ToPrimary } from './messages.ts';

/** What a worker process sends once it serves. */
export type ServingMessage = Extract<
  ToPrimary,
  { kind: 'rulesRequest' | 'registerRead' | 'registerWrite' | 'counts' | 'refusals' | 'leaving' }
>;

export interface ProcessesOptions {
  readonly fork: () => WorkerProcess;
  readonly log: Pick<Logger, 'error'>;
  /** Sends a new worker process its initial state; it listens afterwards. */
  readonly sendState: (worker: WorkerProcess) => Promise<void>;
  readonly onMessage: (worker: WorkerProcess, message: ServingMessage) => void;
  readonly onExit: (worker: WorkerProcess) => void;
  /** True once the edge ends. */
  readonly isEnding: () => boolean;
}

export interface Launched {
  readonly worker: WorkerProcess;
  /** Where it listens. */
  readonly url: string;
}

/** The worker processes from their fork to their exit. */
export interface Processes {
  /** Forks one, and resolves when it listens. Rejects with a start fault. */
  launch(): Promise<Launched>;
  all(): readonly WorkerProcess[];
  isRunning(worker: WorkerProcess): boolean;
  /** True while it runs and sends messages. */
  responds(worker: WorkerProcess): boolean;
  /** Resolves when it has exited. */
  exit(worker: WorkerProcess): Promise<void>;
}

/** Milliseconds from the fork until the process listens. */
const START_TIMEOUT_MS = 30_000;
/**
 * Signals to the process group that are meant for the primary. They end a worker process only before entry.ts has added
 * its listeners.
 */
const GROUP_SIGNALS: ReadonlySet<string> = new Set(['by SIGHUP', 'by SIGUSR2']);

interface Running {
  readonly exit: Promise<void>;
  readonly responds: () => boolean;
}

export function createProcesses(options: ProcessesOptions): Processes {
  const { fork, log, sendState, onMessage, onExit, isEnding } = options;
  const running = new Map<WorkerProcess, Running>();

  function launch(): Promise<Launched> {
    const worker = fork();
    const late = setTimeout(worker.kill, START_TIMEOUT_MS);
    const liveness = watchLiveness(worker, log);
    const exit = new Promise<void>((resolve) =>
      worker.onExit(() => {
        clearTimeout(late);
        liveness.stop();
        running.delete(worker);
        onExit(worker);
        resolve();
      }),
    );
    running.set(worker, { exit, responds: liveness.responds });
    return new Promise((resolve, reject) => {
      let hasStarted = false;
      let fault: readonly string[] | null = null;
      worker.onMessage((message) => {
        liveness.heard();
        // The last messages may arrive after the exit.
        const isRunning = running.has(worker);
        if (message.kind === 'started') {
          hasStarted = true;
          if (isRunning) void sendState(worker).then(() => worker.send({ kind: 'listen' }));
        } else if (message.kind === 'fault') fault = message.lines;
        else if (message.kind !== 'listening') onMessage(worker, message);
        else if (isRunning) {
          clearTimeout(late);
          liveness.start();
          resolve({ worker, url: message.url });
        }
      });
      worker.onExit((how) => {
        if (!hasStarted && !isEnding() && GROUP_SIGNALS.has(how)) resolve(launch());
        else reject(startFault(fault ?? [`a worker ended at its start, ${how}`]));
      });
    });
  }

  return {
    launch,
    all: () => [...running.keys()],
    isRunning: (worker) => running.has(worker),
    responds: (worker) => running.get(worker)?.responds() ?? false,
    exit: async (worker) => running.get(worker)?.exit,
  };
}
