import { setTimeout as pause } from 'node:timers/promises';
import { ask } from './ask.ts';
import { type Contestant, patternCell } from './contestants.ts';
import { type Cores, residentBytes } from './machine.ts';
import { OBJECTS } from './nginx.ts';
import type { Server } from './servers.ts';
import { wrk } from './wrk.ts';

/** Milliseconds. */
const SAMPLE_EVERY = 100;
const SETTLE = 1_000;
/** How often each kind of request is run, and for how many whole seconds. */
const RUNS = 2;
const RUN_SECONDS = 4;

/** Bytes of memory before something, and at the most while it goes on. */
export interface Memory {
  readonly before: number;
  readonly peak: number;
}

/** Streams 5 GB through a server that has just been started and has answered once. */
export async function streamed({ url, pid }: Server): Promise<Memory> {
  await ask({ url: `${url}/1k`, method: 'GET', headers: [] });
  await pause(SETTLE);
  const before = residentBytes(pid);
  const peak = await peakOf(pid, async () => {
    const { bytes } = await ask({ url: `${url}/5g`, method: 'GET', headers: [] });
    if (bytes !== OBJECTS['5g']) throw new Error(`${bytes} bytes came through of ${OBJECTS['5g']}`);
  });
  return { before, peak };
}

/**
 * Floods a server that has just been started with new origins, after as much of the same load with one origin has
 * brought its heap to the size that this load takes anyway: `before` is the peak of that.
 */
export async function flooded(server: Server, cores: Cores): Promise<Memory> {
  const peak = ({ kinds, load }: Contestant): Promise<number> =>
    peakOf(server.pid, async () => {
      for (let run = 0; run < RUNS; run++)
        for (const kind of kinds) await wrk(load(kind), RUN_SECONDS, cores);
    });
  const before = await peak(patternCell('one', server));
  return { before, peak: await peak(patternCell('new', server)) };
}

/** Most bytes that a process holds while something is done with it. */
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
