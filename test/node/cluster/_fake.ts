import { vi } from 'vitest';
import type { WorkerProcess } from '../../../src/node/cluster/fork.ts';
import type { ToPrimary, ToWorker } from '../../../src/node/cluster/messages.ts';
import { createSupervisor } from '../../../src/node/cluster/supervisor.ts';

export interface FakeWorker extends WorkerProcess {
  /** The kinds of the messages that the primary has sent. */
  readonly received: ToWorker['kind'][];
  /** The limits of the `drain` messages. */
  readonly limits: (number | null)[];
  sends(message: ToPrimary): void;
  exits(how: string): void;
  hangs(): void;
  readonly isKilled: () => boolean;
}

function fakeWorker(pid: number): FakeWorker {
  const messageListeners: ((message: ToPrimary) => void)[] = [];
  const exitListeners: ((how: string) => void)[] = [];
  const received: ToWorker['kind'][] = [];
  const limits: (number | null)[] = [];
  let killed = false;
  const counting = setInterval(() => sends({ kind: 'counts', taken: null, underway: [], id: null }), 1_000);
  const sends = (message: ToPrimary): void => {
    for (const listener of messageListeners) listener(message);
  };
  const exits = (how: string): void => {
    clearInterval(counting);
    for (const listener of exitListeners.splice(0)) listener(how);
  };
  return {
    pid,
    received,
    limits,
    send: async (message) => {
      received.push(message.kind);
      if (message.kind === 'drain') limits.push(message.limit);
      return true;
    },
    onMessage: (listener) => void messageListeners.push(listener),
    onExit: (listener) => void exitListeners.push(listener),
    kill: () => {
      killed = true;
      exits('by SIGKILL');
    },
    sends,
    exits,
    hangs: () => clearInterval(counting),
    isKilled: () => killed,
  };
}

export const URL = 'http://127.0.0.1:1';

/** A supervisor of fake worker processes; each listens at once unless `next.stuck`. */
export function supervise(size: number) {
  const workers: FakeWorker[] = [];
  const lines: string[] = [];
  const next = { stuck: false };
  const fork = (): FakeWorker => {
    const worker = fakeWorker(workers.length + 1);
    workers.push(worker);
    if (!next.stuck) queueMicrotask(() => worker.sends({ kind: 'listening', url: URL }));
    return worker;
  };
  const log = (fields: unknown, text?: string) => void lines.push(text ?? String(fields));
  const exited: number[] = [];
  const supervisor = createSupervisor({
    size,
    fork,
    log: { info: log, error: log } as never,
    sendState: async () => {},
    onMessage: () => {},
    onExit: ({ pid }) => void exited.push(pid),
  });
  return { supervisor, workers, lines, exited, next };
}

export const settle = () => vi.advanceTimersByTimeAsync(0);
