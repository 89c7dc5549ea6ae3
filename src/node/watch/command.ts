import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../system-error.ts';

/** Milliseconds that a command may run. */
const LIMIT = 60_000;
/** Milliseconds from SIGTERM to SIGKILL. */
const GRACE = 5_000;
/** Milliseconds in which output that a command has written still arrives after its end. */
const LATE_OUTPUT = 100;
/** Milliseconds between two looks whether a command that was ended still has processes. */
const LOOK_AGAIN = 20;
/** Characters of its output that are recorded. */
const OUTPUT_MOST = 2_000;

export interface CommandOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds that the command may run, in place of LIMIT. */
  readonly limit?: number;
  readonly grace?: number;
}

export interface Ran {
  /** How it ended, as a sentence; null: with exit code 0. */
  readonly fault: string | null;
  readonly isLate: boolean;
  /** The beginning of what it wrote to standard output and standard error. */
  readonly output: string;
  readonly milliseconds: number;
}

export interface Command {
  /** Never rejects. */
  readonly ended: Promise<Ran>;
  /** SIGTERM, and SIGKILL after a limit. */
  stop(): void;
}

/**
 * Runs a command by the system's shell, in a process group of its own: signals reach all of its processes, and those of
 * a terminal do not. A process that it leaves in the background runs on, and its output is dropped.
 */
export function runCommand(command: string, { env, limit = LIMIT, grace = GRACE }: CommandOptions): Command {
  const began = performance.now();
  const child = spawn(command, {
    shell: true,
    env: { ...env },
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  let isLate = false;
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= endAll(child, grace);
  };
  const limiting = setTimeout(() => {
    isLate = true;
    stop();
  }, limit);
  const ended = endOf(child).then(async (fault): Promise<Ran> => {
    clearTimeout(limiting);
    await stopped;
    const milliseconds = Math.round(performance.now() - began);
    const late = isLate ? `did not end within ${limit / 1000} seconds` : null;
    return { fault: late ?? fault, isLate, output: await output(), milliseconds };
  });
  return { ended, stop };
}

/** Ends all processes of a command: SIGTERM, then SIGKILL for those that run after `grace` milliseconds. */
async function endAll({ pid }: ChildProcess, grace: number): Promise<void> {
  if (pid === undefined) return;
  const until = performance.now() + grace;
  let runs = signal(pid, 'SIGTERM');
  while (runs && performance.now() < until) {
    await pause(LOOK_AGAIN);
    runs = signal(pid, 0);
  }
  if (runs) signal(pid, 'SIGKILL');
}

/** Sends a signal to a process group, 0 for none. Whether the group has a process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(process.platform === 'win32' ? pid : -pid, name);
  } catch {
    return false;
  }
}

/** Resolves to how a command ended; null: with exit code 0. */
function endOf(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${messageOf(error)}`));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(null);
      else resolve(code === null ? `was ended by ${signal}` : `ended with exit code ${code}`);
    });
  });
}

/** Records the beginning of a command's output. The function that it returns ends the record. */
function collect({ stdout, stderr }: ChildProcess): () => Promise<string> {
  let text = '';
  let length = 0;
  const add = (chunk: string) => {
    length += chunk.length;
    text += chunk.slice(0, OUTPUT_MOST - text.length);
  };
  const streams = [stdout, stderr].filter((stream) => stream !== null);
  for (const stream of streams) stream.setEncoding('utf8').on('data', add);
  return async () => {
    await Promise.race([
      Promise.all(
        streams.map((stream) => (stream.closed ? null : new Promise((done) => stream.once('close', done)))),
      ),
      pause(LATE_OUTPUT),
    ]);
    for (const stream of streams) {
      stream.off('data', add).resume();
      // A process in the background has the other end.
      if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
    }
    const shown = text.trimEnd();
    return length > OUTPUT_MOST ? `${shown}… (${length} characters)` : shown;
  };
}
