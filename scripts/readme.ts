// Runs every command of README.md from top to bottom, as a stranger would, and compares what it prints with
// the text block after it: each line there must occur in the output, in that order. A block that starts the
// edge keeps running until the next one does. Nothing is changed in a command but the address of the one OSS bucket,
// which is the store that scripts/readme-stores.ts plays.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const STARTED = /^edge\s+http/m;
const START_LIMIT = 120_000;
const COMMAND_LIMIT = 1_500_000;
/** An edge that has just started may still be loading its rules. */
const ANSWER_LIMIT = 20_000;

interface Step {
  readonly command: string;
  readonly expected: readonly string[];
}

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const root = new URL('..', import.meta.url);

function stepsOf(text: string): Step[] {
  const steps: { command: string; expected: string[] }[] = [];
  for (const [, kind, body = ''] of text.matchAll(/^```(sh|text)\n(.*?)^```$/gms)) {
    if (kind === 'sh') steps.push({ command: body.trim(), expected: [] });
    else steps.at(-1)?.expected.push(...body.trimEnd().split('\n'));
  }
  return steps;
}

/** The first line that is not in the output where it should be; null when all are. */
function missingLine(output: string, expected: readonly string[]): string | null {
  let from = 0;
  for (const line of expected) {
    const at = output.indexOf(line, from);
    if (at === -1) return line;
    from = at + line.length;
  }
  return null;
}

const here = (command: string): string =>
  command.replace('oss://my-bucket?region=cn-hangzhou', '$&&endpoint=http://127.0.0.1:9001');

const open = (command: string) =>
  spawn('bash', ['-euo', 'pipefail', '-c', here(command)], { cwd: root, detached: true });

function collect(child: ChildProcess): () => string {
  let output = '';
  const add = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return () => output;
}

function run(command: string): Promise<{ output: string; code: number | null }> {
  const child = open(command);
  const output = collect(child);
  const limit = setTimeout(() => stopGroup(child, 'SIGKILL'), COMMAND_LIMIT);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ output: output(), code });
    }),
  );
}

async function startEdge(command: string): Promise<{ child: ChildProcess; fault: string | null }> {
  const child = open(command);
  const output = collect(child);
  const began = Date.now();
  while (!STARTED.test(output())) {
    if (child.exitCode !== null) return { child, fault: `it ended with ${child.exitCode}:\n${output()}` };
    if (Date.now() - began > START_LIMIT) return { child, fault: `it did not start:\n${output()}` };
    await pause(100);
  }
  return { child, fault: null };
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.on('close', resolve));
  stopGroup(child, 'SIGTERM');
  await closed;
}

/** npm, its shell and Node stand in one process group. */
function stopGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function check({ command, expected }: Step): Promise<string | null> {
  const began = Date.now();
  for (;;) {
    const { output, code } = await run(command);
    if (expected.length === 0) console.log(output);
    const missing = code === 0 ? missingLine(output, expected) : `exit code 0 (it was ${code})`;
    if (missing === null) return null;
    if (!command.startsWith('curl') || Date.now() - began > ANSWER_LIMIT)
      return `missing: ${missing}\n${output}`;
    await pause(250);
  }
}

const stores = spawn(process.execPath, [fileURLToPath(new URL('readme-stores.ts', import.meta.url))]);
await new Promise((resolve, reject) => {
  stores.stdout.once('data', resolve);
  stores.once('exit', () => reject(new Error('the stores did not start: are ports 9000 and 9001 free?')));
});
process.once('exit', () => stores.kill());
let edge: ChildProcess | undefined;
let failed = 0;
const steps = stepsOf(readme);
for (const step of steps) {
  console.log(`$ ${step.command}`);
  const began = performance.now();
  let fault: string | null;
  if (/(^|\n)npm ((ci && npm )?start|run worker:dev)/.test(step.command)) {
    await stop(edge);
    ({ child: edge, fault } = await startEdge(step.command));
  } else {
    if (!step.command.startsWith('curl')) await stop(edge);
    fault = await check(step);
  }
  const took = `${Math.round((performance.now() - began) / 1000)} s`;
  console.log(fault === null ? `  as written (${took})` : `  NOT AS WRITTEN (${took}): ${fault}`);
  if (fault !== null) failed += 1;
}
await stop(edge);
stores.removeAllListeners('exit').kill();
console.log(`readme: ${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && steps.length > 0 ? 0 : 1;
