import { inspect } from 'node:util';
import { createLineWriter, type LineWriter } from './line-writer.ts';
import { openOutput } from './output.ts';

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
  output ??= createLineWriter(openOutput(1), {
    most: LOG_MOST,
    onRecovery: (dropped, reason) => say(`bucket-cors: log: ${lines(dropped)} dropped: ${reason}`),
  });
  return output;
}

/** Says a line to a person, on standard error. Unlike `console.error` it never waits for a terminal that stands still. */
export function say(line: string): void {
  error ??= createLineWriter(openOutput(2), { most: SAID_MOST, onRecovery: () => {} });
  error.write(`${line}\n`);
}

/** Resolves when all that was said is written, or cannot be. */
export async function said(): Promise<void> {
  await error?.flush(SAID_LIMIT);
}

/** Ends this process, whatever becomes of its log. */
export async function exit(code: number): Promise<never> {
  const left = await output?.flush(LOG_LIMIT);
  if (left !== undefined && left.lines > 0)
    say(`bucket-cors: log: ${lines(left.lines)} lost at the end: ${left.reason}`);
  await said();
  // `process.exit` would wait for a write that hangs, as on a disk that does not answer.
  if (output?.writing() || error?.writing()) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}

const lines = (count: number): string => (count === 1 ? '1 line was' : `${count} lines were`);

/** Ends the process on an error that nothing catches. Node's own report would wait for a pipe that nothing reads. */
export function exitOnCrash(): void {
  process.on('uncaughtException', (crash) => {
    say(inspect(crash));
    process.exit(1);
  });
}
