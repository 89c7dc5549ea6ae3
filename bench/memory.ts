import { setTimeout as pause } from 'node:timers/promises';
import { ask } from './ask.ts';
import { residentBytes } from './machine.ts';
import { OBJECTS } from './nginx.ts';
import type { Server } from './servers.ts';

/** Milliseconds. */
const SAMPLE_EVERY = 100;
const SETTLE = 1_000;

/** Bytes of memory, idle and at the most while 5 GB flow through. */
export interface Memory {
  readonly idle: number;
  readonly peak: number;
}

/** Streams 5 GB through a server that has just been started and has answered once. */
export async function streamed({ url, pid }: Server): Promise<Memory> {
  await ask({ url: `${url}/1k`, method: 'GET', headers: [] });
  await pause(SETTLE);
  const idle = residentBytes(pid);
  let peak = idle;
  const sampling = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, SAMPLE_EVERY);
  try {
    const { bytes } = await ask({ url: `${url}/5g`, method: 'GET', headers: [] });
    if (bytes !== OBJECTS['5g']) throw new Error(`${bytes} bytes came through of ${OBJECTS['5g']}`);
  } finally {
    clearInterval(sampling);
  }
  return { idle, peak };
}
