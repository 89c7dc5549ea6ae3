import { vi } from 'vitest';
import type { Forked } from '../../../src/node/cluster/fork.ts';
import type { ToPrimary, ToWorker } from '../../../src/node/cluster/messages.ts';
import { createCrew } from '../../../src/node/cluster/supervisor.ts';

export interface Fake extends Forked {
  readonly told: ToWorker['kind'][];
  /** Those it may take to its end. */
  readonly limits: (number | null)[];
  says(message: ToPrimary): void;
  ends(how: string): void;
  hangs(): void;
  readonly killed: () => boolean;
}

function fakeWorker(pid: number): Fake {
  const hearing: ((message: ToPrimary) => void)[] = [];
  const ending: ((how: string) => void)[] = [];
  const told: ToWorker['kind'][] = [];
  const limits: (number | null)[] = [];
  let killed = false;
  // As a worker does.
  const counting = setInterval(() => says({ kind: 'counts', taken: null, id: null }), 1_000);
  const says = (message: ToPrimary): void => {
    for (const listener of hearing) listener(message);
  };
  const ends = (how: string): void => {
    clearInterval(counting);
    for (const listener of ending.splice(0)) listener(how);
  };
  return {
    pid,
    told,
    limits,
    tell: async (message) => {
      told.push(message.kind);
      if (message.kind === 'end') limits.push(message.limit);
      return true;
    },
    heard: (listener) => void hearing.push(listener),
    ended: (listener) => void ending.push(listener),
    kill: () => {
      killed = true;
      ends('by SIGKILL');
    },
    says,
    ends,
    hangs: () => clearInterval(counting),
    killed: () => killed,
  };
}

export const URL = 'http://127.0.0.1:1';

/** A crew of fake workers; each listens at once unless `stuck`. */
export function crewOf(size: number) {
  const workers: Fake[] = [];
  const lines: string[] = [];
  const next = { stuck: false };
  const fork = (): Fake => {
    const worker = fakeWorker(workers.length + 1);
    workers.push(worker);
    if (!next.stuck) queueMicrotask(() => worker.says({ kind: 'listening', url: URL }));
    return worker;
  };
  const told = (fields: unknown, text?: string) => void lines.push(text ?? String(fields));
  const gone: number[] = [];
  const crew = createCrew({
    size,
    fork,
    log: { info: told, error: told } as never,
    brief: async () => {},
    heard: () => {},
    gone: ({ pid }) => void gone.push(pid),
  });
  return { crew, workers, lines, gone, next };
}

export const settle = () => vi.advanceTimersByTimeAsync(0);
