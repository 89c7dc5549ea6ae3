import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Cores, pinned } from './machine.ts';

export const CONNECTIONS = 32;
const SCRIPT = fileURLToPath(new URL('load.lua', import.meta.url));
/** Milliseconds that wrk may take beyond the time it was given. */
const GRACE = 30_000;

/** What one run of wrk asks for. */
export interface Load {
  readonly url: string;
  readonly method: string;
  /** Flat: name, value, name, value. */
  readonly headers: readonly string[];
  /** Instead of an Origin among the headers: `one` in all requests, or a `new` one in each. */
  readonly origins?: 'one' | 'new';
}

export interface Loaded {
  readonly requests: number;
  /** With heads; also of answers that were cut off at the end of the run. */
  readonly bytes: number;
  readonly seconds: number;
  /** Answers of 400 and more, broken connections, time-outs. */
  readonly failed: number;
}

const run = promisify(execFile);
let runs = 0;

/** Runs wrk for so many whole seconds, which is all it takes. Rejects when it says nothing of use. */
export async function wrk(load: Load, seconds: number, cores: Cores): Promise<Loaded> {
  const headers = [];
  for (let at = 0; at < load.headers.length; at += 2)
    headers.push('-H', `${load.headers[at]}: ${load.headers[at + 1]}`);
  const [command, ...args] = pinned(cores, [
    'wrk',
    ...['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '30s', '-s', SCRIPT],
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
  const { stdout } = await run(command ?? 'wrk', args, { env, timeout: seconds * 1000 + GRACE });
  const [, requests, bytes, microseconds, failed] = /BENCH (\d+) (\d+) (\d+) (\d+)/.exec(stdout) ?? [];
  if (microseconds === undefined) throw new Error(`wrk told no figures: ${stdout}`);
  return {
    requests: Number(requests),
    bytes: Number(bytes),
    seconds: Number(microseconds) / 1e6,
    failed: Number(failed),
  };
}
