import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type ClientRequest, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, type TestContext } from 'vitest';
import { type Edge, linesWith, PORTS } from '../../cli/_edges.ts';
import { type RunOptions, run, stop } from '../../cli/_process.ts';
import { pour } from '../../helpers/pour.ts';
import { CA } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import { openUpstream } from '../../helpers/upstream.ts';
import { rulesFor } from '../transport/_store.ts';
import { type Attack, OTHER } from './_attack.ts';

/** Milliseconds for a test: each waits for the grace period of five seconds, and several run at once. */
export const PATIENCE = 90_000;

export interface Target extends Edge {
  /** The number of requests to the bucket of that name. */
  asked(name: string): number;
  close(): Promise<void>;
}

/** Milliseconds of the nth `/slow`; they differ so that the responses do not come in waves. */
const delayOf = (nth: number): number => 300 + ((nth * 37) % 1_200);
/** Milliseconds after which the program is killed. */
const LIMIT_MS = 150_000;

/** Runs the program with buckets, each at the host of its name, that accept uploads and send an endless `/big`. */
export async function target(
  buckets: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  flags: readonly string[] = [],
  options: RunOptions = {},
): Promise<Target> {
  const store = await openUpstream('none');
  let nth = 0;
  store.script = (_asked, incoming, outgoing) => {
    incoming.resume();
    outgoing.on('error', () => {});
    if (incoming.url?.endsWith('/big')) pour(outgoing);
    else if (incoming.url?.endsWith('/slow')) {
      nth += 1;
      setTimeout(() => outgoing.end('slow'), delayOf(nth));
    } else incoming.once('end', () => outgoing.end('small'));
  };
  const folder = await mkdtemp(join(tmpdir(), 'attack-'));
  const file = join(folder, 'edge.json');
  const rules = rulesFor('https://a.example');
  const configured = Object.entries(buckets).map(([name, more]) => [
    name,
    { bucket: `${store.url}/${name}`, store: 's3', rules, hosts: name, ...more },
  ]);
  await writeFile(file, JSON.stringify({ buckets: Object.fromEntries(configured) }));
  const edge = run(['serve', ...PORTS, '--config', file, ...flags], { limit: LIMIT_MS, ...options });
  return {
    ...edge,
    url: await edge.address('edge'),
    adminUrl: await edge.address('admin'),
    asked: (name) => store.asked.filter(({ target: asked }) => asked.startsWith(`/${name}/`)).length,
    close: async () => {
      await stop(edge);
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

export interface Probe {
  readonly status: number;
  readonly milliseconds: number;
}

/** Sends one small request on a new connection. */
export function probe(
  { url }: Edge,
  name: string,
  from = OTHER,
  headers: Record<string, string> = {},
): Promise<Probe> {
  const { hostname: host, port, protocol } = new URL(url);
  const before = performance.now();
  const about = {
    host,
    port,
    path: '/small',
    localAddress: from,
    agent: false,
    headers: { Host: name, ...headers },
  };
  const sent: ClientRequest =
    protocol === 'https:' ? secureRequest({ ...about, ca: CA, servername: 'localhost' }) : request(about);
  return new Promise((resolve, reject) => {
    sent.once('response', (incoming) => {
      const { statusCode: status = 0 } = incoming;
      incoming.resume().once('end', () => resolve({ status, milliseconds: performance.now() - before }));
    });
    sent.once('error', reject).end();
  });
}

const PROBES = 200;

/** Sends probes one after the other; returns their statuses and the 99th percentile of their times in milliseconds. */
export async function probes(at: Edge, name: string, headers?: Record<string, string>) {
  const answered: Probe[] = [];
  while (answered.length < PROBES) answered.push(await probe(at, name, OTHER, headers));
  const times = answered.map(({ milliseconds }) => milliseconds).sort((one, other) => one - other);
  return {
    statuses: [...new Set(answered.map(({ status }) => status))],
    p99: times[Math.ceil(PROBES * 0.99) - 1] ?? Number.POSITIVE_INFINITY,
  };
}

/** Runs the program for the tests of a block. */
export function useTarget(...given: Parameters<typeof target>): () => Target {
  let opened: Target | undefined;
  beforeAll(async () => {
    opened = await target(...given);
  }, PATIENCE);
  afterAll(() => opened?.close());
  return () => {
    if (opened === undefined) throw new Error('the program does not run');
    return opened;
  };
}

/** Waits until an attack has taken all `places` of a bucket; the attack ends with the test. */
export async function under(
  { onTestFinished }: TestContext,
  at: Target,
  name: string,
  attack: Attack | Promise<Attack>,
  places = 256,
): Promise<Attack> {
  const begun = await attack;
  onTestFinished(begun.end);
  await until('the attack has all connections to the bucket', () => at.asked(name) >= places, PATIENCE);
  return begun;
}

export const tooSlow = (at: Target, name: string) =>
  linesWith(at, /^request$/).filter(({ code, bucket }) => code === 'ClientTooSlow' && bucket === name);

export async function expectServed(
  at: Target,
  name: string,
  headers?: Record<string, string>,
): Promise<void> {
  const { statuses, p99 } = await probes(at, name, headers);
  expect(statuses).toEqual([200]);
  expect(p99).toBeLessThan(1_000);
}
