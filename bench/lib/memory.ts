import { setTimeout as pause } from 'node:timers/promises';
import { ask } from './ask.ts';
import { type Kind, withOrigins } from './contestants.ts';
import type { Cores } from './machine.ts';
import { OBJECTS } from './nginx.ts';
import { residentBytes } from './processes.ts';
import type { Server } from './servers.ts';
import { wrk } from './wrk.ts';

/** Milliseconds. */
const SAMPLE_EVERY = 100;
const SETTLE = 1_000;
/** Runs of each kind of request, and milliseconds of a run. */
const RUNS = 2;
const RUN_TIME = 4_000;
const FLOODED: readonly Kind[] = ['preflight', '1k'];

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

/**
 * Sends a new server requests from new origins, after the same load from one origin, which grows the heap to its usual
 * size: `before` is the peak of that load.
 */
export async function flooded(server: Server, cores: Cores): Promise<Memory> {
  const peak = (origins: 'one' | 'new'): Promise<number> =>
    peakOf(server.pid, async () => {
      for (let run = 0; run < RUNS; run++)
        for (const kind of FLOODED) await wrk(withOrigins(origins)(server, kind), RUN_TIME, cores);
    });
  const before = await peak('one');
  return { before, peak: await peak('new') };
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
