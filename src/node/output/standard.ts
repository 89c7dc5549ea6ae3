import { inspect } from 'node:util';
import { isDiskStuck } from '../files/disk.ts';
import { abortHttp10 } from '../server/abort.ts';
import { openOutput } from './descriptor.ts';
import { createLineWriter, type LineWriter, type LineWriterOptions } from './line-writer.ts';

/** Most bytes of log lines that wait for standard output. */
const LOG_MOST = 4 * 1024 * 1024;
/** Most bytes of lines that wait for standard error, which has few. */
const SAID_MOST = 64 * 1024;
/** Milliseconds that the log may take to be written at the end. */
const LOG_LIMIT = 1_000;
const SAID_LIMIT = 250;

let output: LineWriter | undefined;
let error: LineWriter | undefined;

/** Where log lines go: standard output, opened at the first call. */
export function standardOutput(): LineWriter {
  output ??= open(1, {
    most: LOG_MOST,
    onDropped: (lines, reason) =>
      say(`bucket-cors: log: ${lines === 1 ? '1 line was' : `${lines} lines were`} dropped: ${reason}`),
  });
  return output;
}

/** Says a line to a person, on standard error. Unlike `console.error` it never waits for a terminal that stands still. */
export function say(line: string): void {
  error ??= open(2, { most: SAID_MOST, onDropped: () => {} });
  error.write(`${line}\n`);
}

function open(fd: 1 | 2, options: LineWriterOptions): LineWriter {
  const writer = createLineWriter(openOutput(fd), options);
  // For an end that waits for nothing: a crash, or a `process.exit` of a program that this is a part of.
  process.on('exit', writer.writeNow);
  return writer;
}

/** Resolves when all that was said is written, or cannot be. */
export async function said(): Promise<void> {
  await error?.flush(SAID_LIMIT);
}

/** Resolves when the log is written, or cannot be. */
export async function logged(): Promise<void> {
  await output?.flush(LOG_LIMIT);
}

/** Ends this process, whatever becomes of its log. */
export async function exit(code: number): Promise<never> {
  await logged();
  await said();
  // `process.exit` would wait for disk work that hangs, a write of the log among it.
  if (output?.writing() || error?.writing() || isDiskStuck()) {
    // SIGKILL runs no listener for the exit, which would reset these.
    abortHttp10();
    process.kill(process.pid, 'SIGKILL');
  }
  process.exit(code);
}

/** Ends this process with a code once nothing is left to do; at once where disk work hangs, which has no end. */
export async function exitLater(code: number): Promise<void> {
  process.exitCode = code;
  if (isDiskStuck()) await exit(code);
}

/** Ends the process on an error that nothing catches. Node's own report would wait for a pipe that nothing reads. */
export function exitOnCrash(): void {
  process.on('uncaughtException', (crash) => {
    say(inspect(crash));
    process.exit(1);
  });
}
