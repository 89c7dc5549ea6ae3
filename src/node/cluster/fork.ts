import cluster from 'node:cluster';
import { programOf } from '../package.ts';
import { createSender } from './ipc.ts';
import type { ToPrimary, ToWorker } from './messages.ts';

/** A worker process as the primary sees it. */
export interface WorkerProcess {
  readonly pid: number;
  /** Resolves to whether the system has taken the message. Never rejects. */
  send(message: ToWorker): Promise<boolean>;
  /** Adds a listener for its messages. */
  onMessage(listener: (message: ToPrimary) => void): void;
  /** Adds a listener for its exit; `how` completes a sentence: "by SIGKILL", "with code 1". */
  onExit(listener: (how: string) => void): void;
  /** Ends it at once, by SIGKILL. */
  kill(): void;
}

const ENTRY = programOf('cluster/entry');

/** Forks a worker process. It writes to this process's standard output. */
export function forkWorker(): WorkerProcess {
  // Round-robin: if the system distributed connections, few worker processes would get most of the keep-alive ones.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: ENTRY, args: [], serialization: 'advanced' });
  const worker = cluster.fork();
  const kill = (): void => void worker.process.kill('SIGKILL');
  return {
    pid: worker.process.pid ?? 0,
    // A full queue means that the process hangs: kill it.
    send: createSender<ToWorker>((message, sent) => worker.send(message, sent), kill),
    onMessage: (listener) => void worker.on('message', listener),
    onExit: (listener) => {
      worker.on('exit', (code, signal) => listener(signal ? `by ${signal}` : `with code ${code}`));
      // If the system refuses to fork, Node emits `error` and no `exit`.
      worker.on('error', (error) => {
        if (worker.process.pid === undefined) listener(`before it began: ${error.message}`);
      });
    },
    kill,
  };
}
