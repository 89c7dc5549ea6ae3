import { constants } from 'node:os';
import { abortHttp10 } from '../node/server/abort.ts';
import type { Why } from '../node/start-stop.ts';

type Signal = 'SIGTERM' | 'SIGINT';

/** How a process that serves ends. */
export interface Steps {
  /** At the first signal: load balancers are to send no more requests. */
  readonly retire: () => void;
  /** Milliseconds from there to the drain. */
  readonly delay: number;
  readonly drain: (why: Why) => void;
}

/** Milliseconds between two looks at the parent process. */
const PARENT_LOOKS = 500;

/**
 * Listens for SIGTERM and SIGINT, which end the process at once until the returned function gets the steps. From then on
 * the first one begins the delay, the second one skips the rest of it, and one during the drain ends the process at once.
 */
export function endBySignals(): (steps: Steps) => void {
  const parent = process.ppid;
  let next: (signal: Signal) => void = endNow;
  // As the first process of a container it would ignore a signal without a listener.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => next(signal));
  return ({ retire, delay, drain }) => {
    let waiting: NodeJS.Timeout | undefined;
    const first = (why: Why) => {
      const begin = () => {
        clearTimeout(waiting);
        next = endNow;
        drain(why);
      };
      stopLooking();
      retire();
      next = begin;
      if (delay === 0) begin();
      else waiting = setTimeout(begin, delay);
    };
    const stopLooking = whenNpxEnds(parent, () => first('npx ended'));
    next = first;
  };
}

/**
 * npx starts a program by a shell and sends signals to the shell. One that does not pass them on ends, and the program would
 * run on without a parent. Calls `ended` then; returns what stops looking.
 */
function whenNpxEnds(parent: number, ended: () => void): () => void {
  if (process.env.npm_lifecycle_event !== 'npx') return () => {};
  const looking = setInterval(() => {
    if (process.ppid !== parent) ended();
  }, PARENT_LOOKS).unref();
  return () => clearInterval(looking);
}

/** Ends this process by the signal. */
function endNow(signal: Signal): void {
  abortHttp10();
  // The first process of a container does not end by a signal to itself.
  if (process.pid === 1) process.exit(128 + constants.signals[signal]);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
