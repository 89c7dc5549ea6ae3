import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ask } from './ask.ts';
import { type Kind, withOrigins } from './contestants.ts';
import type { Cores } from './machine.ts';
import { OBJECTS } from './nginx.ts';
import { residentBytes } from './processes.ts';
import type { Server } from './servers.ts';
import { wrk } from './wrk.ts';

const COLLECT = new URL('../servers/collect.ts', import.meta.url).href;
/** Milliseconds. */
const SAMPLE_EVERY = 100;
const SETTLE = 1_000;
const FLOODED: readonly Kind[] = ['preflight', '1k'];
/** Requests of a load with one origin, and of one with new origins; the most milliseconds of each, and those of a run of wrk. */
const REQUESTS = 60_000;
const LOAD_LIMIT = 20_000;
const RUN_TIME = 1_000;
/** Milliseconds until a server has collected its garbage. */
const COLLECT_LIMIT = 20_000;

/** Bytes of memory before a load, and at its peak. */
export interface Memory {
  readonly before: number;
  readonly peak: number;
}

/** Streams 5 GB through a new server, after its first answer. */
export async function streamed({ url, pid }: Server): Promise<Memory> {
  await ask({ url: `${url}/1k`, method: 'GET', headers: [] });
  await pause(SETTLE);
  const before = residentBytes(pid);
  const peak = await peakOf(pid, async () => {
    const { bytes } = await ask({ url: `${url}/5g`, method: 'GET', headers: [] });
    if (bytes !== OBJECTS['5g']) throw new Error(`${bytes} bytes arrived of ${OBJECTS['5g']}`);
  });
  return { before, peak };
}

/** The memory of a server after a load. */
export interface Loaded {
  /** Resident bytes without garbage. */
  readonly inUse: number;
  readonly peak: number;
  readonly requests: number;
}

/** A flood of new origins after the same load with one origin. */
export interface Flood {
  readonly one: Loaded;
  readonly new: Loaded;
}

/**
 * Starts a server and sends it requests from one origin, then from new ones. V8 lets the heap of a server under load grow
 * by garbage for some 100,000 requests, also with one origin, so peaks do not show what is stored: garbage is collected
 * after each load.
 */
export async function flooded(
  start: (node: readonly string[]) => Promise<Server>,
  folder: string,
  cores: Cores,
): Promise<Flood> {
  const file = join(folder, 'collected');
  process.env.BENCH_COLLECTED = file;
  const server = await start(['--expose-gc', '--import', COLLECT]);
  const load = async (origins: 'one' | 'new'): Promise<Loaded> => {
    let requests = 0;
    const peak = await peakOf(server.pid, async () => {
      const until = performance.now() + LOAD_LIMIT;
      while (requests < REQUESTS && performance.now() < until)
        for (const kind of FLOODED)
          requests += (await wrk(withOrigins(origins)(server, kind), RUN_TIME, cores)).requests;
    });
    return { inUse: await collected(server, file), peak, requests };
  };
  const flood = { one: await load('one'), new: await load('new') };
  await server.close();
  return flood;
}

/** Resident bytes of a server after it has collected its garbage. */
async function collected({ pid }: Server, file: string): Promise<number> {
  rmSync(file, { force: true });
  await pause(SETTLE);
  process.kill(pid, 'SIGWINCH');
  const until = performance.now() + COLLECT_LIMIT;
  while (performance.now() < until) {
    const written = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (written.endsWith('\n')) return Number(written);
    await pause(SAMPLE_EVERY);
  }
  throw new Error(`a server has not collected its garbage in ${COLLECT_LIMIT / 1000} s`);
}

/** The peak of a process's memory in bytes during `work`. */
async function peakOf(pid: number, work: () => Promise<void>): Promise<number> {
  let peak = residentBytes(pid);
  const sampling = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, SAMPLE_EVERY);
  try {
    await work();
  } finally {
    clearInterval(sampling);
  }
  return peak;
}
