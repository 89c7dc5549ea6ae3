// Compares the edge as a Worker in workerd with a hono Worker that does the same. Both rows come from one run.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { toXml } from '../src/index.ts';
import { ask } from './lib/ask.ts';
import { bundle } from './lib/bundle.ts';
import { type Contestant, cell, check, type Kind, loadOf, ORIGIN } from './lib/contestants.ts';
import { type Goal, median, ratioCell } from './lib/goals.ts';
import { openIsolate } from './lib/isolate.ts';
import { describeMachine, type Places, places, versionOf, whereIs } from './lib/machine.ts';
import { startBucket } from './lib/nginx.ts';
import { watchNoise } from './lib/noise.ts';
import { measure, roundsOr, type Samples } from './lib/rounds.ts';
import { startServer } from './lib/servers.ts';
import { figureCell, HEADINGS } from './lib/table.ts';
import { CONNECTIONS } from './lib/wrk.ts';

const ROUNDS = 10;
const MEASURED: readonly Kind[] = ['preflight', '1k'];
const GOAL: Goal = { title: 'hono', one: 'edge', other: 'hono', least: { preflight: 1.2, '1k': 1 } };

/** Columns of the table. */
const COLUMNS = 7;
/** Starts of each Worker. */
const STARTS = 5;
/** An empty Worker, which shows the cost of workerd itself. */
const NOTHING = 'nothing';
const EMPTY = "export default { fetch: () => new Response('') };";

/** A Worker with its variables. */
interface Worker {
  readonly id: string;
  readonly title: string;
  /** The path of the bundle. */
  readonly file: string;
  readonly bindings: Record<string, string>;
}

async function main(): Promise<void> {
  const nginx = whereIs('nginx');
  const wrk = whereIs('wrk');
  if (nginx === null || wrk === null) {
    const missing = [nginx === null ? 'nginx' : [], wrk === null ? 'wrk' : []].flat().join(' and ');
    console.log(`\nWorkers are skipped: install ${missing} (Debian: apt-get install nginx wrk)`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'bucket-cors-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await run(nginx, wrk, folder, places());
}

async function run(nginx: string, wrk: string, folder: string, where: Places): Promise<void> {
  const rounds = roundsOr(ROUNDS);
  const noise = watchNoise(where);
  console.error('bundling and starting the Workers');
  const bucket = await startBucket(nginx, folder, where.bucket);
  const workers: Worker[] = [
    {
      id: 'edge',
      title: '**bucket-cors**',
      file: await bundle(null, join(folder, 'edge')),
      // The other Worker logs nothing either.
      bindings: { BUCKET_URL: bucket.url, CORS_RULES: rulesOf(ORIGIN), LOG_LEVEL: 'warn' },
    },
    {
      id: 'hono',
      title: 'hono, hono/cors, fetch',
      file: await bundle('bench/servers/worker.mjs', join(folder, 'hono')),
      bindings: { BUCKET_URL: bucket.url, ALLOWED_ORIGIN: ORIGIN },
    },
  ];
  const starts = await startUps(workers);
  const contestants: Contestant[] = [];
  for (const { id, title, file, bindings } of workers) {
    const command = [process.execPath, join(import.meta.dirname, 'lib/isolate.ts'), file];
    const server = await startServer([...command, JSON.stringify(bindings)], where.server);
    contestants.push(cell(id, title, server, { kinds: MEASURED }));
  }
  for (const one of contestants) await check(one);
  const samples = await measure(contestants, rounds, where.load);
  const disturbed = noise();
  for (const { server } of contestants) await server.close();
  await bucket.close();

  console.log(
    `\nWorkers, in workerd on this machine: the server's CPU time for a request, the least of ${rounds} slices in turn; ` +
      `in brackets the median and the throughput over ${CONNECTIONS} connections. Ratios of these CPU times: of the ` +
      `least, which is judged, and of the medians; start-up in medians of ${STARTS}, until workerd ` +
      'listens, and from then until the first answer',
  );
  console.log(`${describeMachine(where)}\n${versions(nginx, wrk)}\n`);
  console.log(tableOf(workers, samples, starts));
  console.log(`\n${disturbed}`);
}

/** Rules for one origin, like those of the other Worker. */
const rulesOf = (origin: string): string =>
  toXml({
    rules: [
      {
        allowedOrigins: [origin],
        allowedMethods: ['GET', 'PUT', 'HEAD'],
        allowedHeaders: ['content-type', 'x-oss-date'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 600,
      },
    ],
    responseVary: false,
  });

/** Milliseconds. */
interface StartUp {
  /** Until workerd listens, after it has read and run the script. */
  readonly listening: number;
  /** From then until the first answer, to a preflight. */
  readonly answered: number;
}

/** The start-up times of each Worker by id. They start in turn, in reverse order in every second round. */
async function startUps(workers: readonly Worker[]): Promise<ReadonlyMap<string, StartUp>> {
  const scripts = workers.map(({ id, file, bindings }) => ({
    id,
    script: readFileSync(file, 'utf8'),
    bindings,
  }));
  const started = [...scripts, { id: NOTHING, script: EMPTY, bindings: {} }];
  const taken = new Map<string, StartUp[]>();
  for (let start = 0; start <= STARTS; start++) {
    for (const { id, script, bindings } of start % 2 === 0 ? started : started.toReversed()) {
      const took = await startUp(script, bindings);
      // The first start reads workerd itself from the disk.
      if (start > 0) taken.set(id, [...(taken.get(id) ?? []), took]);
    }
  }
  const medians = (all: readonly StartUp[]): StartUp => ({
    listening: median(all.map(({ listening }) => listening)),
    answered: median(all.map(({ answered }) => answered)),
  });
  return new Map([...taken].map(([id, all]) => [id, medians(all)]));
}

async function startUp(script: string, bindings: Record<string, string>): Promise<StartUp> {
  const began = performance.now();
  const isolate = await openIsolate(script, bindings);
  const listens = performance.now();
  await ask(loadOf(isolate, 'preflight'));
  const answers = performance.now();
  await isolate.close();
  return { listening: listens - began, answered: answers - listens };
}

function tableOf(workers: readonly Worker[], samples: Samples, starts: ReadonlyMap<string, StartUp>): string {
  const startCells = (id: string): string[] => {
    const { listening = Number.NaN, answered = Number.NaN } = starts.get(id) ?? {};
    return [listening, answered].map((milliseconds) => `${milliseconds.toFixed(1)} ms`);
  };
  const rows = [
    [
      '',
      ...MEASURED.map((kind) => HEADINGS[kind]),
      'bundle',
      'gzipped',
      'start: listening',
      'start: first answer',
    ],
    Array.from({ length: COLUMNS }, () => '---'),
    ...workers.map(({ id, title, file }) => {
      const script = readFileSync(file);
      return [
        title,
        ...MEASURED.map((kind) => figureCell(samples, id, kind)),
        ...[script, gzipSync(script)].map(({ length }) => `${length.toLocaleString('en')} bytes`),
        ...startCells(id),
      ];
    }),
    ['an empty Worker', '', '', '', '', ...startCells(NOTHING)],
    [`ratio to ${GOAL.title}`, ...MEASURED.map((kind) => ratioCell(GOAL, samples, kind))],
  ];
  const filled = rows.map((cells) => [...cells, ...Array<string>(COLUMNS - cells.length).fill('')]);
  return filled.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function versions(nginx: string, wrk: string): string {
  const versionIn = (file: string): string =>
    (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  return [
    ['Node', process.versions.node],
    ...['workerd', 'wrangler', 'hono'].map((name) => [
      name,
      versionIn(join(import.meta.dirname, `../node_modules/${name}/package.json`)),
    ]),
    ['nginx', versionOf(nginx, '-v')],
    ['wrk', versionOf(wrk, '-v')],
  ]
    .map((pair) => pair.join(' '))
    .join(', ');
}

await main();
