import type { Terminal } from './command.ts';

/** Milliseconds after which a person at a terminal reads what the command waits for. */
const PATIENCE = 1_000;

/** Waits for `work`. At a terminal a slow one has a line on standard error that says what the command waits for. */
export async function patiently<T>(work: Promise<T>, line: string, { say }: Terminal): Promise<T> {
  const waiting = process.stderr.isTTY ? setTimeout(say, PATIENCE, line) : null;
  try {
    return await work;
  } finally {
    if (waiting !== null) clearTimeout(waiting);
  }
}
