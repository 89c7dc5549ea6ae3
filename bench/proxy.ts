// Compares the edge with other proxies on the proxy path. All rows come from one run.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choiceOf } from './lib/choice.ts';
import { openContest } from './lib/contest.ts';
import { type RulesFiles, startEdge, writeRules } from './lib/edges.ts';
import { describeMachine, type Places, places, versionOf, whereIs } from './lib/machine.ts';
import { flooded, streamed } from './lib/memory.ts';
import { startBucket } from './lib/nginx.ts';
import { watchNoise } from './lib/noise.ts';
import { measure, roundsOr } from './lib/rounds.ts';
import type { Server } from './lib/servers.ts';
import { tableOf } from './lib/table.ts';
import { CONNECTIONS } from './lib/wrk.ts';

const ROUNDS = 10;

const choice = choiceOf(process.argv.slice(2));

async function main(): Promise<void> {
  const nginx = whereIs('nginx');
  const wrk = whereIs('wrk');
  if (nginx === null || wrk === null) {
    const missing = [nginx === null ? 'nginx' : [], wrk === null ? 'wrk' : []].flat().join(' and ');
    console.log(`\nthe proxy path is skipped: install ${missing} (Debian: apt-get install nginx wrk)`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'bucket-cors-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await run(nginx, wrk, folder, places());
}

async function run(nginx: string, wrk: string, folder: string, where: Places): Promise<void> {
  const rounds = roundsOr(ROUNDS);
  const noise = watchNoise(where);
  console.error('starting the servers');
  const bucket = await startBucket(nginx, folder, where.bucket);
  const rules = writeRules(folder);
  const memory = choice.memory ? await memoryOf(bucket, rules, folder, where) : null;
  const { contestants, notes } = await openContest({ bucket, nginx, folder, rules, where }, choice);
  const samples = await measure(contestants, rounds, where.load);
  const disturbed = noise();
  for (const { server } of contestants) await server.close();
  await bucket.close();

  console.log(
    `\nthe proxy path: the server's CPU time for a request (for a MB of 100 MB), the least of ${rounds} slices in turn ` +
      `in one run; in brackets the median and the throughput over ${CONNECTIONS} connections. Ratios of these CPU times: ` +
      'of the least, which is judged, and of the medians',
  );
  console.log(`${describeMachine(where)}\n${versions(nginx, wrk)}\n`);
  console.log(tableOf({ contestants, samples, memory }));
  for (const note of [...notes, disturbed]) console.log(`\n${note}`);
}

/** Memory of an edge that streams 5 GB, and of one with requests from new origins, each without other requests. */
async function memoryOf(bucket: Server, rules: RulesFiles, folder: string, where: Places) {
  console.error('streaming 5 GB');
  const streaming = await startEdge(bucket.url, rules.usual, where.server);
  const whileStreaming = await streamed(streaming);
  await streaming.close();
  console.error('sending requests from new origins');
  const flood = await flooded(
    (node) => startEdge(bucket.url, rules.pattern, where.server, { node }),
    folder,
    where.load,
  );
  return { streamed: whileStreaming, flood };
}

const PEERS = [
  'fastify',
  '@fastify/cors',
  '@fastify/http-proxy',
  'hono',
  '@hono/node-server',
  'express',
  'cors',
  'http-proxy-middleware',
];

function versions(nginx: string, wrk: string): string {
  const peers = PEERS.map((name) => [
    name,
    installed(new URL(`node_modules/${name}/package.json`, import.meta.url)),
  ]);
  const undici = createRequire(import.meta.url).resolve('undici/package.json');
  return [
    ['Node', process.versions.node],
    ['undici', installed(undici)],
    ['nginx', versionOf(nginx, '-v')],
    ['wrk', versionOf(wrk, '-v')],
    ...peers,
  ]
    .filter(([, version]) => version !== null)
    .map((pair) => pair.join(' '))
    .join(', ');
}

/** The version in a package.json; null if the file is missing. */
function installed(file: URL | string): string | null {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  } catch {
    return null;
  }
}

await main();
