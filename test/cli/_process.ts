import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../helpers/until.ts';

const ROOT = new URL('../../', import.meta.url);
export const NODE = fileURLToPath(new URL('node_modules/.bin/node', ROOT));
const BIN = fileURLToPath(new URL('bin/bucket-cors.js', ROOT));

/** Milliseconds for `until`: several processes may start at once on a busy machine. */
export const PATIENCE = 25_000;

/** Milliseconds after which a test kills its process. */
const LIMIT_MS = 60_000;

export interface Run {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** The lines of standard error, without empty ones. */
  lines(): string[];
  /** The exit code; `killed` after a signal. */
  readonly code: Promise<number | 'killed'>;
  /** Resolves to the URL after a word that starts a line on standard error: `edge`, `admin`, `demo page`. */
  address(word: string): Promise<string>;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly node?: string;
  readonly cwd?: string;
  /** Milliseconds after which the process is killed, in place of LIMIT_MS. */
  readonly limit?: number;
  /** Descriptors in place of the pipes that `stdout()` and `stderr()` read. */
  readonly stdout?: number;
  readonly stderr?: number;
  /** Does not read standard output. */
  readonly unread?: boolean;
  /** A command that executes the program. */
  readonly under?: readonly string[];
}

/** Runs the program as a child process. Of this process's environment it gets PATH only. */
export function run(args: readonly string[], options: RunOptions = {}): Run {
  const { env = {}, node = NODE, cwd, limit: limitMs = LIMIT_MS, stdout = 'pipe', stderr = 'pipe' } = options;
  const [command = node, ...words] = [...(options.under ?? []), node, BIN, ...args];
  const child = spawn(command, words, {
    env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '', ...env },
    stdio: ['ignore', stdout, stderr],
    ...(cwd !== undefined && { cwd }),
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const said = { stdout: '', stderr: '' };
  if (options.unread !== true)
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      said.stdout += text;
    });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    said.stderr += text;
  });
  const lines = () => said.stderr.split('\n').filter((line) => line !== '');
  return {
    child,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    lines,
    code: once(child, 'close').then(([code]) => {
      clearTimeout(limit);
      return code ?? 'killed';
    }),
    address: async (word) => {
      const found = () => new RegExp(`^${word} +(https?://\\S+)`, 'm').exec(said.stderr)?.[1];
      await until(
        `standard error has "${word}"`,
        () => found() !== undefined || child.exitCode !== null,
        PATIENCE,
      );
      const address = found();
      if (address === undefined) throw new Error(`it exited and wrote: ${said.stderr}`);
      return address;
    },
  };
}

/** Runs the program until it exits. */
export async function ended(args: readonly string[], options?: RunOptions) {
  const running = run(args, options);
  return {
    code: await running.code,
    stdout: running.stdout(),
    stderr: running.stderr(),
    lines: running.lines(),
  };
}

/** Kills a process that still runs at the end of a test. */
export async function stop({ child, code }: Run): Promise<void> {
  if (child.exitCode === null) child.kill('SIGKILL');
  await code;
}
