import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { Pool } from 'undici';
import { median, met } from './lib/goals.ts';
import { roundsOr } from './lib/rounds.ts';

const ROUNDS = roundsOr(12);
const REQUESTS = 1_000;
const CONNECTIONS = 32;
/** The largest part of a core's time that a load of rules every 10 ms may take. */
const GOAL = 0.03;
const MODES = [
  ['rest', 'nothing: the error of the measurement itself'],
  ['slow', 'a load of 300 ms, or a wait for it'],
  ['unchanged', '304 Not Modified'],
  ['same', 'the same ten rules, in full'],
  ['changed', 'ten other rules'],
] as const;
const HEADERS = { origin: 'https://app-9.example.com' };

/** The edge's totals so far. */
interface Spent {
  readonly microseconds: number;
  readonly loads: number;
  readonly failed: number;
  readonly waited: number;
}

interface Round {
  readonly seconds: number;
  /** CPU microseconds of the edge, loads included. */
  readonly spent: number;
  readonly loads: number;
}

/** Two rounds without loads, and two between them with loads. */
interface Pair {
  readonly without: Round;
  readonly during: Round;
}

interface Weighed {
  readonly buckets: number;
  readonly rules: number;
  readonly beyond: number;
  readonly compiled: number;
  readonly each: number;
  readonly eachBeyond: number;
  readonly eachFaulty: number;
  /** Of each of the faulty buckets. */
  readonly findings: number;
  readonly cached: number;
  /** Milliseconds of the first load of a bucket, without the network. */
  readonly cpu: number;
}

const child = (name: string, args: readonly string[] = [], execArgv: readonly string[] = []): ChildProcess =>
  fork(new URL(name, import.meta.url), args, { execArgv: [...execArgv] });

async function said<Message>(by: ChildProcess): Promise<Message> {
  const [message] = (await once(by, 'message')) as [Message];
  return message;
}

async function refreshing(): Promise<void> {
  const bucket = child('./servers/bucket.ts');
  const { port } = await said<{ port: number }>(bucket);
  const edge = child('./servers/edge.ts', [`http://127.0.0.1:${port}`]);
  const { url } = await said<{ url: string }>(edge);
  const pool = new Pool(url, { connections: CONNECTIONS });
  const command = async (word: 'refresh' | 'rest'): Promise<Spent> => {
    edge.send(word);
    return said<Spent>(edge);
  };
  const round = async (word: 'refresh' | 'rest'): Promise<Round> => {
    const before = await command(word);
    const began = performance.now();
    await ask(pool);
    const seconds = (performance.now() - began) / 1000;
    const after = await command('rest');
    if (after.failed > 0 || after.waited > 0) {
      throw new Error(`${after.failed} loads failed, ${after.waited} requests waited for one`);
    }
    const loads = after.loads - before.loads;
    return { seconds, spent: after.microseconds - before.microseconds, loads };
  };
  /** Rounds without loads come before and after, so that drift of the machine cancels out. */
  const pair = async (mode: string): Promise<Pair> => {
    bucket.send(mode);
    const word = mode === 'rest' ? 'rest' : 'refresh';
    const before = await round('rest');
    const during = [await round(word), await round(word)] as const;
    return { without: sum(before, await round('rest')), during: sum(...during) };
  };

  const pairs = new Map<string, Pair[]>(MODES.map(([mode]) => [mode, []]));
  for (const [mode] of MODES) await pair(mode);
  for (let at = 0; at < ROUNDS; at++) {
    for (const [mode] of MODES) pairs.get(mode)?.push(await pair(mode));
  }
  edge.disconnect();
  bucket.disconnect();
  await pool.close();

  console.log(
    `\n1 KB objects through the edge, ${CONNECTIONS} connections: CPU time, medians of ${ROUNDS} pairs of rounds in one run`,
  );
  console.log(
    `Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores\n`,
  );
  console.log(
    '| every 10 ms | µs a request | without loads | ms a load | loads a second | part of a core | goal |',
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const [mode, title] of MODES) console.log(rowOf(title, pairs.get(mode) ?? []));
}

const sum = (one: Round, other: Round): Round => ({
  seconds: one.seconds + other.seconds,
  spent: one.spent + other.spent,
  loads: one.loads + other.loads,
});

async function ask(pool: Pool): Promise<void> {
  let left = REQUESTS;
  const client = async () => {
    while (left-- > 0) {
      const answered = await pool.request({ path: '/key', method: 'GET', headers: HEADERS });
      if (answered.headers['access-control-allow-origin'] !== HEADERS.origin)
        throw new Error(`the edge answered ${answered.statusCode}`);
      await answered.body.dump();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
}

function rowOf(title: string, pairs: readonly Pair[]): string {
  const of = (pick: (pair: Pair) => number): number => median(pairs.map(pick));
  const loads = of(({ during }) => during.loads / during.seconds);
  const each = of(({ without, during }) => (during.spent - without.spent) / during.loads);
  // Of the time, not of the requests: a faster machine answers more of them between two loads.
  const part = (each / 1e6) * loads;
  const cells = [
    title,
    of(({ during }) => during.spent / (2 * REQUESTS)).toFixed(1),
    of(({ without }) => without.spent / (2 * REQUESTS)).toFixed(1),
    ...(loads > 0
      ? [(each / 1000).toFixed(2), loads.toFixed(0), part.toFixed(3), `at most ${GOAL}: ${met(part <= GOAL)}`]
      : ['', '', '', '']),
  ];
  return `| ${cells.join(' | ')} |`;
}

async function memory(): Promise<void> {
  const memoryChild = child('./servers/rules-memory.ts', [], ['--expose-gc']);
  const weighed = await said<Weighed>(memoryChild);
  const { buckets, rules, beyond } = weighed;
  console.log(`\nmemory of ${buckets} buckets with ${rules} rules each, read from a document\n`);
  console.log('| what | |');
  console.log('|---|---|');
  console.log(`| bytes of a compiled bucket, without its rule set | ${weighed.compiled.toFixed(0)} |`);
  console.log(`| bytes of a bucket in the cache, with its rule set | ${weighed.each.toFixed(0)} |`);
  console.log(
    `| bytes of each of ${beyond} more, each of which evicts another | ${weighed.eachBeyond.toFixed(0)} |`,
  );
  console.log(
    `| bytes of each of more with a slash after every origin: ${weighed.findings} findings | ${weighed.eachFaulty.toFixed(0)} |`,
  );
  console.log(`| CPU ms of a first load, without the network | ${weighed.cpu.toFixed(2)} |`);
  const verdict = weighed.cached === buckets ? 'within the limit' : `it should be ${buckets}`;
  console.log(
    `| compiled buckets cached after ${buckets + beyond} were loaded | ${weighed.cached}: ${verdict} |`,
  );
}

await refreshing();
await memory();
