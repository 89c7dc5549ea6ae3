import type { Logger } from 'pino';
import type { WorkerProcess } from './fork.ts';

/** Whether a worker process responds. It sends its counts every second, so silence means that it hangs. */
export interface Liveness {
  /** Starts the checks. */
  start(): void;
  /** The process has sent a message. */
  heard(): void;
  responds(): boolean;
  stop(): void;
}

/** Milliseconds between two checks. */
const CHECK_INTERVAL_MS = 2_000;
/** After more checks in a row without a message the process does not respond. */
const SILENT_CHECKS = 3;
/** After more checks in a row without a message the process is killed, and another takes its place. */
const HANGING_CHECKS = 15;

/**
 * Kills a worker process that hangs. Counts missed checks instead of elapsed time, so a pause of this process is not
 * blamed on the worker process.
 */
export function watchLiveness(worker: WorkerProcess, log: Pick<Logger, 'error'>): Liveness {
  let missed = 0;
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    missed += 1;
    if (missed <= HANGING_CHECKS) return;
    const seconds = (HANGING_CHECKS * CHECK_INTERVAL_MS) / 1000;
    log.error({ worker: worker.pid }, `a worker has not responded for ${seconds} s: it is killed`);
    worker.kill();
  };
  return {
    start: () => {
      timer = setInterval(check, CHECK_INTERVAL_MS).unref();
    },
    heard: () => {
      missed = 0;
    },
    responds: () => missed <= SILENT_CHECKS,
    stop: () => clearInterval(timer),
  };
}
