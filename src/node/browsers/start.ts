import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { programOf } from '../package.ts';
import type { Guarded } from './guard.ts';

const GUARD = programOf('browsers/guard');
/** Chromium prints the first sentence to standard error, Firefox the second. */
const LISTENS = /^(?:DevTools|WebDriver BiDi) listening on (ws:\/\/\S+)/m;
/** Characters of standard error that are read. */
const READ = 65_536;
/** Milliseconds until the browser has ended and its profile is removed. */
const END_MS = 10_000;

/**
 * Starts a browser, calls `use` with the address of its protocol, and ends it. Rejects with what the browser printed if it
 * ends before it listens. `signal` ends it too.
 */
export async function withBrowser<T>(
  guarded: Guarded,
  signal: AbortSignal,
  use: (address: string) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const guard = spawn(process.execPath, [GUARD, JSON.stringify(guarded)], {
    // In a process group of its own it gets no SIGINT of the terminal: it ends the browser first.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const end = () => guard.stdin?.end();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await use(await addressOf(guard));
  } finally {
    signal.removeEventListener('abort', end);
    await endGuard(guard);
  }
}

function addressOf(guard: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let printed = '';
  guard.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (printed.length < READ) printed += text;
    const address = LISTENS.exec(printed)?.[1];
    if (address !== undefined) resolve(address);
  });
  guard.once('error', reject);
  guard.once('close', () => reject(new Error(lastLine(printed))));
  return promise;
}

/** The line that says why a browser has ended: the last one without the name of a source file. */
function lastLine(printed: string): string {
  const lines = printed.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'it printed nothing').trim().slice(0, 300);
}

async function endGuard(guard: ChildProcess): Promise<void> {
  if (guard.pid === undefined || guard.exitCode !== null || guard.signalCode !== null) return;
  const exited = once(guard, 'exit');
  guard.stdin?.end();
  const limit = setTimeout(() => guard.kill('SIGTERM'), END_MS);
  await exited;
  clearTimeout(limit);
}
