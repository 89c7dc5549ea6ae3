import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProgram, hasEnded, isOpen } from '../../src/node/prove/program.ts';
import { until } from './until.ts';

/** Debian installs servers in folders of root's PATH only. */
const PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;
/** Milliseconds until a program must listen: varnishd compiles its configuration first. */
const START_LIMIT = 20_000;
/** Characters of a program's output in the message of a failed start. */
const SHOWN = 4_000;

/** Says whether tests that need a program can run on this machine. */
export interface Presence {
  /** True if the program is missing. With CI=true it is never true, and the start fails instead. */
  readonly skipped: boolean;
  /** For the title of the tests: why they are skipped, or an empty text. */
  readonly why: string;
}

/** Looks for a program by asking for its version; `debian` is the package to install. */
export function presence(program: string, versionFlag: string, debian: string): Presence {
  const installed = spawnSync(program, [versionFlag], { env: { PATH } }).status === 0;
  const skipped = !installed && process.env.CI !== 'true';
  return {
    skipped,
    why: skipped ? ` (skipped: ${program} is not installed; apt-get install ${debian})` : '',
  };
}

/** A server program started by a test. */
export interface Running {
  /** `http://127.0.0.1:1234`. */
  readonly url: string;
  readonly pid: number;
  /** The first characters of its standard output and standard error. */
  said(): string;
  /** Ends the process and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts a server in a temporary folder and waits until it listens on `port` of loopback. `prepare` writes the
 * configuration into the folder and returns the arguments, including those for the foreground.
 */
export async function startProgram(
  program: string,
  port: number,
  prepare: (folder: string) => Promise<readonly string[]>,
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), `bucket-cors-${program}-`));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  const args = await prepare(folder);
  const child = spawn(program, args, { env: { PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      if (said.length < SHOWN) said += chunk;
    });
  child.once('error', (error) => {
    said += error.message;
  });
  const stop = async () => {
    await endProgram(child);
    await remove();
  };
  try {
    await until(`${program} listens`, async () => hasEnded(child) || (await isOpen(port)), START_LIMIT);
    if (hasEnded(child)) throw new Error(`${program} ended`);
  } catch (error) {
    await stop();
    throw new Error(`${program} did not start: ${said}`, { cause: error });
  }
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, said: () => said, stop };
}
