import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { openLine } from './ipc.ts';
import type { ToPrimary, ToWorker } from './messages.ts';

/** One worker process, as the primary sees it. */
export interface Forked {
  readonly pid: number;
  /** True when the system has taken the message; never rejects. */
  tell(message: ToWorker): Promise<boolean>;
  /** Adds a listener for what it says. */
  heard(listener: (message: ToPrimary) => void): void;
  /** Adds a listener for its end, however that came; the text ends a sentence. */
  ended(listener: (how: string) => void): void;
  /** Ends it at once. */
  kill(): void;
}

/** Beside this file, as it is or as it was built. */
const ENTRY = fileURLToPath(new URL(import.meta.url.replace(/fork\.(\w+)$/, 'entry.$1')));

/** Starts a worker. Its standard output is this process's own. */
export function forkWorker(): Forked {
  // Deals connections out in turn: left to the system, a few workers would get most of those that are kept alive.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: ENTRY, args: [], serialization: 'advanced' });
  const worker = cluster.fork();
  // What it has not taken by now it will not take: it hangs.
  const kill = (): void => void worker.process.kill('SIGKILL');
  return {
    pid: worker.process.pid ?? 0,
    tell: openLine<ToWorker>((message, sent) => worker.send(message, sent), kill),
    heard: (listener) => void worker.on('message', listener),
    ended: (listener) => {
      worker.on('exit', (code, signal) => listener(signal ? `by ${signal}` : `with code ${code}`));
      // A process that the system refuses has no exit.
      worker.on('error', (error) => {
        if (worker.process.pid === undefined) listener(`before it began: ${error.message}`);
      });
    },
    kill,
  };
}
