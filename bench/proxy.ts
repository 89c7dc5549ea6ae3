// Compares the edge with other proxies on the proxy path. All rows come from one run.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openContest, startEdge, writeRules } from './lib/contestants.ts';
import { describeMachine, type Places, places, versionOf, whereIs } from './lib/machine.ts';
import { flooded, type Memory, streamed } from './lib/memory.ts';
import { startBucket } from './lib/nginx.ts';
import { watchNoise } from './lib/noise.ts';
import { measure, roundsOr } from './lib/rounds.ts';
import type { Server } from './lib/servers.ts';
import { tableOf } from './lib/table.ts';
import { CONNECTIONS } from './lib/wrk.ts';

const ROUNDS = 5;

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
  const memory = await memoryOf(bucket, folder, where);
  const flood = await floodOf(bucket, folder, where);
  const { contestants, notes } = await openContest(bucket, nginx, folder, where);
  const samples = await measure(contestants, rounds, where.load);
  const disturbed = noise();
  for (const server of new Set(contestants.map((one) => one.server))) await server.close();
  await bucket.close();

  console.log(
    `\nthe proxy path: requests a second over ${CONNECTIONS} connections, in brackets the server's CPU time for each ` +
      `(for each MB of 100 MB); medians of ${rounds} rounds in one run, ratios with their least and greatest, ` +
      'and "at best" the ratio of the least CPU times',
  );
  console.log(`${describeMachine(where)}\n${versions(nginx, wrk)}\n`);
  console.log(tableOf({ contestants, samples, pairIsFree: where.pairIsFree, streamed: memory, flood }));
  const pair = where.pairIsFree
    ? []
    : ['two workers are not judged: that needs four cores, two of them for the workers alone'];
  for (const note of [...notes, ...pair, disturbed]) console.log(`\n${note}`);
}

/** Bytes of an edge that streams 5 GB, without other requests. */
async function memoryOf(bucket: Server, folder: string, { server }: Places): Promise<Memory> {
  const edge = await startEdge(bucket.url, writeRules(folder).usual, server);
  console.error('streaming 5 GB');
  const memory = await streamed(edge);
  await edge.close();
  return memory;
}

/** Bytes of an edge under requests from new origins, without other requests. */
async function floodOf(bucket: Server, folder: string, { server, load }: Places): Promise<Memory> {
  const edge = await startEdge(bucket.url, writeRules(folder).pattern, server);
  console.error('sending requests from new origins');
  const memory = await flooded(edge, load);
  await edge.close();
  return memory;
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
