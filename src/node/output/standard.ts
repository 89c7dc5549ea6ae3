import { inspect } from 'node:util';
import { disksIdle, isDiskBusy, isDiskStuck } from '../files/disk.ts';
import { abortHttp10 } from '../server/abort.ts';
import { type Output, openOutput } from './descriptor.ts';
import { createLineWriter, type LineWriter, type LineWriterOptions } from './line-writer.ts';
import { printTo } from './print.ts';

/** Most bytes of log lines that wait for standard output. */
const LOG_MOST = 4 * 1024 * 1024;
/** Most bytes of lines that wait for standard error, which gets few. */
const SAID_MOST = 64 * 1024;
/** Milliseconds at the end of the process: for the log, and for standard error. */
const LOG_LIMIT = 1_000;
const SAID_LIMIT = 250;

let output: LineWriter | undefined;
let error: LineWriter | undefined;
let printed: Output | undefined;

/** The writer of log lines: standard output, opened at the first call. */
export function standardOutput(): LineWriter {
  output ??= open(1, {
    most: LOG_MOST,
    onDropped: (lines, reason) =>
      say(`bucket-cors: log: ${lines === 1 ? '1 line was' : `${lines} lines were`} dropped: ${reason}`),
  });
  return output;
}

/** Writes a line for a person to standard error. Unlike `console.error` it never blocks on a stopped terminal. */
export function say(line: string): void {
  error ??= open(2, { most: SAID_MOST, onDropped: () => {} });
  error.write(`${line}\n`);
}

/**
 * Writes a command's text and a line break to standard output; resolves when both are written. A closed pipe is not an
 * error. Rejects with an `OutputFault` if standard output cannot be written. The log has a queue of its own.
 */
export async function print(text: string): Promise<void> {
  printed ??= openOutput(1);
  await printTo(printed, `${text}\n`);
}

function open(fd: 1 | 2, options: LineWriterOptions): LineWriter {
  const writer = createLineWriter(openOutput(fd), options);
  // For a program that uses this package and calls `process.exit` itself.
  process.on('exit', writer.writeNow);
  return writer;
}

/** Resolves when the lines on standard error are written, or cannot be. */
export async function said(): Promise<void> {
  await error?.flush(SAID_LIMIT);
}

/** Resolves when the log is written, or cannot be. */
export async function logged(): Promise<void> {
  await output?.flush(LOG_LIMIT);
}

/** Whether a thread writes, or works on a disk that hangs: `process.exit` waits for every thread. */
const threadsMayHang = (): boolean =>
  isDiskStuck() || output?.writing() === true || error?.writing() === true;

/** Ends this process within a few seconds, even if its log cannot be written. */
export async function exit(code: number): Promise<never> {
  await logged();
  await said();
  await disksIdle();
  if (threadsMayHang()) {
    // SIGKILL runs no `exit` listener, which would reset these connections.
    abortHttp10();
    process.kill(process.pid, 'SIGKILL');
  }
  process.exit(code);
}

/** Ends this process with a code when its event loop is empty; at once if a thread may hang, which never ends. */
export async function exitLater(code: number): Promise<void> {
  process.exitCode = code;
  await said();
  if (threadsMayHang()) await exit(code);
}

/** Ends the process on an uncaught error. Node's own report would block on a pipe that nothing reads. */
export function exitOnCrash(): void {
  process.on('uncaughtException', (crash) => {
    say(inspect(crash));
    const mayHang = output?.mayBlock() || error?.mayBlock() || isDiskBusy();
    if (mayHang) void exit(1);
    else process.exit(1);
  });
}
