import { write } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf, messageOf } from '../system-error.ts';
import type { Output } from './descriptor.ts';

const FAULT = Symbol('output fault');

/** Standard output cannot be written. The message is a sentence. */
export interface OutputFault extends Error {
  readonly [FAULT]: true;
}

export const isOutputFault = (error: unknown): error is OutputFault =>
  error instanceof Error && FAULT in error;

/** Milliseconds until a full pipe is tried again, doubled each time. */
const FULL_FIRST = 1;
const FULL_MOST = 100;

const writeOnThread = promisify(write);

/**
 * Writes a whole text. It waits for a slow reader without a limit, as any command does, and never blocks the event loop.
 * Resolves also if the reader has closed its pipe, which is no fault: `| head`. Rejects with an `OutputFault` otherwise.
 */
export async function printTo(output: Output, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  let wait = FULL_FIRST;
  for (let at = 0; at < bytes.length; ) {
    output.prepare();
    try {
      const { bytesWritten } = await writeOnThread(output.fd, bytes, at);
      at += bytesWritten;
      wait = FULL_FIRST;
    } catch (error) {
      if (codeOf(error) === 'EPIPE') return;
      if (codeOf(error) !== 'EAGAIN') throw outputFault(messageOf(error));
      await pause(wait);
      wait = Math.min(wait * 2, FULL_MOST);
    }
  }
}

const outputFault = (why: string): OutputFault =>
  Object.assign(new Error(`standard output can't be written: ${why}`), { [FAULT]: true } as const);
