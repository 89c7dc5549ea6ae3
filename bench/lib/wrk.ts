import { type ChildProcess, execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Cores, pinned } from './machine.ts';

export const CONNECTIONS = 32;
const SCRIPT = fileURLToPath(new URL('load.lua', import.meta.url));
/** Milliseconds after its own duration until wrk is killed. */
const GRACE = 30_000;
/** Seconds after which wrk ends by itself, if it misses the signal. */
const SPARE = 3;
/** Milliseconds between two looks whether wrk has started. */
const LOOK_EVERY = 5;

/** The requests of one run of wrk. */
export interface Load {
  readonly url: string;
  readonly method: string;
  /** Flat: name, value, name, value. */
  readonly headers: readonly string[];
  /** Adds an Origin: the same in all requests (`one`), or another in each (`new`). */
  readonly origins?: 'one' | 'new';
}

export interface Loaded {
  readonly requests: number;
  /** Bytes of heads and bodies, including answers cut off at the end of the run. */
  readonly bytes: number;
  readonly seconds: number;
  /** Answers with a status of 400 or more, broken connections, and timeouts. */
  readonly failed: number;
}

const run = promisify(execFile);
let runs = 0;

/** Runs wrk for about so many milliseconds. SIGINT ends it with its report. Rejects if its output has no figures. */
export async function wrk(load: Load, milliseconds: number, cores: Cores): Promise<Loaded> {
  const headers = [];
  for (let at = 0; at < load.headers.length; at += 2)
    headers.push('-H', `${load.headers[at]}: ${load.headers[at + 1]}`);
  const [command, ...args] = pinned(cores, [
    'wrk',
    ...[
      '-t1',
      `-c${CONNECTIONS}`,
      `-d${Math.ceil(milliseconds / 1000) + SPARE}s`,
      '--timeout',
      '30s',
      '-s',
      SCRIPT,
    ],
    ...headers,
    load.url,
  ]);
  runs += 1;
  const env = {
    ...process.env,
    BENCH_METHOD: load.method,
    BENCH_SEED: `run-${runs}`,
    ...(load.origins !== undefined && { BENCH_ORIGINS: load.origins }),
  };
  const running = run(command ?? 'wrk', args, { env, timeout: milliseconds + GRACE });
  const { child } = running;
  await Promise.race([running, started(child).then(() => pause(milliseconds))]);
  child.kill('SIGINT');
  const { stdout } = await running;
  const [, requests, bytes, microseconds, failed] = /BENCH (\d+) (\d+) (\d+) (\d+)/.exec(stdout) ?? [];
  if (microseconds === undefined) throw new Error(`wrk printed no figures: ${stdout}`);
  return {
    requests: Number(requests),
    bytes: Number(bytes),
    seconds: Number(microseconds) / 1e6,
    failed: Number(failed),
  };
}

/** Resolves when wrk handles SIGINT, which would end it without a report before. */
async function started({ pid }: ChildProcess): Promise<void> {
  while (!handlesInterrupts(pid)) await pause(LOOK_EVERY);
}

/** `SigCgt` in proc_pid_status(5): a bit for each signal that the process handles; SIGINT is the second. */
function handlesInterrupts(pid: number | undefined): boolean {
  try {
    const [, mask = '0'] = /^SigCgt:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return (BigInt(`0x${mask}`) & 2n) !== 0n;
  } catch {
    // It has ended.
    return true;
  }
}
