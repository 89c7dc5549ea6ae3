// Runs the commands of the pages from top to bottom, and compares what each prints with the text block after it. A
// command that starts an edge runs until another command starts one, or needs the machine. Commands run as written,
// except that the OSS bucket's address gets the endpoint of scripts/readme-stores.ts.
//
//   node scripts/readme.ts                                  all pages
//   node scripts/readme.ts docs/recipes.md                  one page
//   node scripts/readme.ts docs/recipes.md#many-buckets     one section
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { groupsOf, missingLine, PAGES, type Step, stepsOf } from './readme-steps.ts';

const EDGE_RUNS = /^edge\s+http/m;
// explain and doctor need little of the machine. 8089 is a proxy before the edge.
const USES_EDGE =
  /(^|\n)(curl|aws|s3cmd|rclone|python3) |\badmin[: ]http|127\.0\.0\.1:808[09]|bucket-cors\.js (explain|doctor) /;
const STARTS_EDGE = /(^|\n)npm ((ci && npm )?start|run worker:dev)/;
const START_TIMEOUT_MS = 120_000;
const COMMAND_TIMEOUT_MS = 1_500_000;
/** How many commands the summary lists, the slowest first. */
const SLOWEST = 8;
/** An edge that has just started may still be loading its rules: curl runs again until its output fits. */
const ANSWER_TIMEOUT_MS = 20_000;

const ROOT = new URL('..', import.meta.url);

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const secondsSince = (began: number): number => Math.round((performance.now() - began) / 1000);

const withStore = (command: string): string =>
  command.replace('oss://my-bucket?region=cn-hangzhou', '$&&endpoint=http://127.0.0.1:9001');

/** The machine's variables. rclone fails at AWS_CA_BUNDLE, and no command of a page needs it. */
const ENVIRONMENT = { ...process.env, AWS_CA_BUNDLE: undefined };

/** `detached` makes a process group, so that npm, its shell and Node end together. */
const open = (command: string): ChildProcess =>
  spawn('bash', ['-euo', 'pipefail', '-c', withStore(command)], {
    cwd: ROOT,
    detached: true,
    env: ENVIRONMENT,
  });

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}

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
  const limit = setTimeout(() => signalGroup(child, 'SIGKILL'), COMMAND_TIMEOUT_MS);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ output: output(), code });
    }),
  );
}

/** Runs a command that ends. Returns its fault, or null. */
async function check({ command, expected }: Step): Promise<string | null> {
  const began = performance.now();
  for (;;) {
    const { output, code } = await run(command);
    const missing = code === 0 ? missingLine(output, expected) : `exit code 0 (it was ${code})`;
    if (missing === null) {
      if (expected.length === 0) console.log(output);
      return null;
    }
    if (!command.startsWith('curl') || performance.now() - began > ANSWER_TIMEOUT_MS)
      return `missing: ${missing}\n${output}`;
    await pause(250);
  }
}

/** At most one edge runs at a time: all listen on the same ports. */
function createEdge() {
  let running: ChildProcess | undefined;

  async function stop(): Promise<void> {
    const child = running;
    running = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = new Promise((resolve) => child.on('close', resolve));
    signalGroup(child, 'SIGTERM');
    await closed;
  }

  /** Returns the fault, or null once the edge has printed its addresses. */
  async function start(command: string): Promise<string | null> {
    await stop();
    const child = open(command);
    running = child;
    const output = collect(child);
    const began = performance.now();
    while (!EDGE_RUNS.test(output())) {
      if (child.exitCode !== null) return `it ended with ${child.exitCode}:\n${output()}`;
      if (performance.now() - began > START_TIMEOUT_MS) return `it did not start:\n${output()}`;
      await pause(100);
    }
    return null;
  }

  return { start, stop };
}

/** The OSS and S3 stores that the commands connect to. Returns how to stop them. */
async function startStores(): Promise<() => void> {
  const stores = spawn(process.execPath, [fileURLToPath(new URL('readme-stores.ts', import.meta.url))]);
  await new Promise((resolve, reject) => {
    stores.stdout.once('data', resolve);
    stores.once('exit', () => reject(new Error('the stores did not start: are ports 9000 and 9001 free?')));
  });
  const kill = () => stores.removeAllListeners('exit').kill();
  process.once('exit', kill);
  return kill;
}

function groupsOfPage(argument: string): Step[][] {
  const [page = '', section] = argument.split('#');
  const steps = stepsOf(readFileSync(new URL(page, ROOT), 'utf8'), section);
  if (steps.length === 0) throw new Error(`${argument} has no commands`);
  return groupsOf(steps);
}

async function main(pages: readonly string[]): Promise<void> {
  const groups = pages.flatMap(groupsOfPage);
  const began = performance.now();
  const stopStores = await startStores();
  const edge = createEdge();
  let failed = 0;
  const times: { command: string; seconds: number }[] = [];
  for (const group of groups) {
    if (!group.every(({ command }) => USES_EDGE.test(command) || STARTS_EDGE.test(command)))
      await edge.stop();
    const steps = group.map(async ({ command, ...rest }) => {
      console.log(`$ ${command}`);
      const stepBegan = performance.now();
      const fault = STARTS_EDGE.test(command) ? await edge.start(command) : await check({ command, ...rest });
      if (fault !== null) failed += 1;
      const verdict = fault === null ? 'as written' : 'NOT AS WRITTEN';
      const which = group.length > 1 ? `${command}: ` : '';
      const seconds = secondsSince(stepBegan);
      times.push({ command, seconds });
      console.log(`  ${which}${verdict} (${seconds} s)${fault === null ? '' : `: ${fault}`}`);
    });
    await Promise.all(steps);
  }
  await edge.stop();
  stopStores();
  const count = groups.flat().length;
  for (const { command, seconds } of times.sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST))
    console.log(`${String(seconds).padStart(6)} s  ${command.split('\n').join('; ')}`);
  console.log(`readme: ${count - failed} passed, ${failed} failed, in ${secondsSince(began)} s`);
  process.exitCode = failed === 0 ? 0 : 1;
}

const [, , ...given] = process.argv;
await main(given.length > 0 ? given : PAGES);
