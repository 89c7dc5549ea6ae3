import { Agent } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAddress, parseAddress } from '../../src/bucket/address.ts';
import { askForRules, rulesUrl } from '../../src/bucket/read.ts';
import { createEdge } from '../../src/edge/app.ts';
import { type Listening, listen } from '../../src/node/server/listen.ts';
import { edgeListener } from '../../src/node/transport/exchange.ts';
import { createPools } from '../../src/node/transport/pools.ts';
import { readByPools } from '../../src/node/transport/small-read.ts';
import { createRulesCache } from '../../src/rules/cache.ts';
import { renewal } from '../../src/rules/refresh.ts';
import type { RuledBucket } from '../../src/rules/ruled-bucket.ts';
import { bucketSource } from '../../src/rules/sources/bucket.ts';
import { call } from '../helpers/client.ts';
import { behaviour } from '../helpers/rules.ts';
import { until } from '../helpers/until.ts';
import { SECONDS } from './_length.ts';
import { type FlippingStore, openFlippingStore } from './_store.ts';
import { QUESTIONS, SETS, seen } from './_versions.ts';

const CONNECTIONS = 36;
const FLIP = 100;
/** Shorter than a flip, so that loads return changed rules, unchanged rules, and sometimes the previous ones. */
const TTL = 30;
/** The allowed factor of heap growth from the end of the warm-up to the end of the test. */
const GROWTH = 1.25;

let store: FlippingStore;
let listening: Listening;
let closePools: () => Promise<void>;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** Calls of `current` after the first load, and calls that had to wait. */
const current = { asked: 0, waited: 0 };
const errors: unknown[] = [];
/** The number of versions from loads; no two in a row may be equal. */
const changes = { count: 0, repeated: 0, failed: 0, last: '' };
/** Rule version by path, for requests whose answer or whose event is still missing. */
const told = new Map<string, string | null>();
const answered = new Map<string, string>();
const twice: string[] = [];
const mixed: string[] = [];
const counts = { requests: 0, first: 0, second: 0 };
let targets = 0;
let versions: readonly string[] = [];

/** An answer and its event must have the same version; the second of the two is compared with the first. */
function match(path: string): void {
  const event = told.get(path);
  const answer = answered.get(path);
  if (event === undefined || answer === undefined) return;
  if (event !== answer) mixed.push(`${path} was answered by ${answer} and logged with ${event}`);
  told.delete(path);
  answered.delete(path);
}

beforeAll(async () => {
  store = await openFlippingStore(SETS);
  const address = parseAddress(store.url);
  if (!isAddress(address)) throw new Error(address.reason);
  const cache = createRulesCache({
    ttl: TTL,
    maxStale: 0,
    onChange: (_, { lastGood, failure }) => {
      changes.count += 1;
      if (failure !== null) changes.failed += 1;
      if (lastGood?.version === changes.last) changes.repeated += 1;
      changes.last = lastGood?.version ?? '';
    },
  });
  const { pools, close } = createPools();
  closePools = close;
  const ruled: RuledBucket = {
    name: 'b',
    source: bucketSource(rulesUrl(address), askForRules(address, readByPools(pools))),
    behaviour: behaviour('oss'),
  };
  // The first two loads give the names of the versions.
  const first = (await cache.current(ruled)).version ?? '';
  store.flip();
  const second = (await cache.refresh(ruled)).version ?? '';
  versions = [first, second];
  const edge = createEdge({
    buckets: [
      {
        name: 'b',
        address,
        rules: {
          current: (background) => {
            const found = cache.current(ruled, background);
            current.asked += 1;
            if (found instanceof Promise) current.waited += 1;
            return found;
          },
          refresh: (background) => renewal(cache.renew(ruled), background),
        },
      },
    ],
    observe: ({ path, rulesVersion }) => {
      if (told.has(path)) twice.push(path);
      told.set(path, rulesVersion);
      match(path);
    },
    onError: (error) => errors.push(error),
    edgeId: '00000000',
    debugReason: false,
  });
  listening = await listen(
    edgeListener(() => edge, pools),
    { host: '127.0.0.1', port: 0 },
  );
});

afterAll(async () => {
  agent.destroy();
  await listening.close(0);
  await closePools();
  await store.close();
});

/** A client with its own connection: sends requests and checks the answers until time is up. */
async function client(name: number, end: number): Promise<void> {
  for (let at = name; Date.now() < end; at += 1) {
    const question = QUESTIONS[at % QUESTIONS.length];
    if (question === undefined) throw new Error('no question');
    // No path occurs twice, so that a duplicate event is detected.
    const target = `/${targets++}`;
    const line = await call(listening.url, {
      method: question.method,
      target,
      headers: question.headers,
      agent,
    }).then(seen);
    counts.requests += 1;
    const version = question.right.indexOf(line);
    if (version === 0) counts.first += 1;
    else if (version === 1) counts.second += 1;
    else mixed.push(`${question.method} ${question.headers.join(' ')} was answered ${line}`);
    answered.set(target, versions[version] ?? 'neither');
    match(target);
  }
}

async function heap(): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

test('every answer follows one version of rules that flip all the time, and no request waits for a load', async () => {
  const flipping = setInterval(store.flip, FLIP);
  const run = (seconds: number) => {
    const end = Date.now() + seconds * 1000;
    return Promise.all(Array.from({ length: CONNECTIONS }, (_, name) => client(name, end)));
  };
  await run(SECONDS / 6);
  const before = await heap();
  await run((SECONDS * 5) / 6);
  clearInterval(flipping);
  const after = await heap();

  await until('every event has arrived', () => answered.size === 0);
  const growth = after / before;
  const verdict = growth <= GROWTH ? 'within the limit' : `MORE than the limit of ${GROWTH}`;
  const megabytes = (bytes: number) => (bytes / 1_048_576).toFixed(1);
  console.log(
    [
      `${counts.requests} answers in ${SECONDS} s over ${CONNECTIONS} connections:`,
      `${counts.first} by the first version, ${counts.second} by the second`,
      `${store.loads()} loads, ${store.unchanged()} of them "not modified"; ${changes.count} changes of version`,
      `heap ${megabytes(before)} MB after the warm-up, ${megabytes(after)} MB at the end:`,
      `× ${growth.toFixed(2)}, ${verdict}`,
    ].join('\n'),
  );

  expect(mixed).toEqual([]);
  expect(counts.first).toBeGreaterThan(0);
  expect(counts.second).toBeGreaterThan(0);
  expect(current).toEqual({ asked: counts.requests, waited: 0 });
  expect(twice).toEqual([]);
  expect([...told.keys()]).toEqual([]);
  expect(errors).toEqual([]);
  expect(changes.count).toBeGreaterThan(2);
  expect(changes).toMatchObject({ repeated: 0, failed: 0 });
});
