import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Pool } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { type ManyBuckets, openManyBuckets, startWith } from './_store.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function heap(): number {
  for (let time = 0; time < 4; time += 1) collect();
  return process.memoryUsage().heapUsed / 1_048_576;
}

const NAMES = 100_000;
const AT_ONCE = 64;
const A = 'https://a.example';

/** Sends a request for each name, a few at once, and returns the statuses that came. */
async function flood(url: string, targetOf: (number: number) => string, names = NAMES): Promise<Set<number>> {
  const pool = new Pool(url, { connections: AT_ONCE });
  const statuses = new Set<number>();
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < names) {
      const at = next;
      next += 1;
      const { statusCode, body } = await pool.request({ path: targetOf(at), method: 'GET' });
      await body.dump();
      statuses.add(statusCode);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  await pool.close();
  return statuses;
}

const longName = (at: number): string => `${'invented-'.repeat(6)}${String(at).padStart(9, '0')}`;

/** The store and the edge are in this process: what the store notes is not counted. */
function questions(store: ManyBuckets): number {
  const count = store.rulesAsked.length;
  store.rulesAsked.length = 0;
  return count;
}

test('a flood of 100,000 invented names asks the store once for each, and takes bounded memory', {
  timeout: 300_000,
}, async () => {
  const store = await openManyBuckets({ one: A });
  closing.push(store.close);
  const edge = await startWith(
    { store: { url: store.url } },
    { rulesTtl: '1h', maxUrl: '8192', logLevel: 'silent' },
  );
  closing.push(edge.close);
  expect(await edge.allows('one', A)).toBe(true);
  // The code is compiled, and pools have their connections.
  await flood(edge.url, (at) => `/warm-${at}/k`, 2_000);
  questions(store);
  const before = heap();

  // Names of 63 characters in long URLs: no name may refer to its URL.
  const tail = 'x'.repeat(4_000);
  expect(longName(0)).toHaveLength(63);
  const began = performance.now();
  expect(await flood(edge.url, (at) => `/${longName(at)}/${tail}`)).toEqual(new Set([404]));
  const seconds = (performance.now() - began) / 1_000;
  expect(questions(store)).toBe(NAMES);
  const grown = heap() - before;
  expect(grown).toBeLessThan(24);

  // Names that were asked lately are not asked again; a slow machine forgets the oldest meanwhile.
  const again = 5_000;
  const last = NAMES - again;
  expect(await flood(edge.url, (at) => `/${longName(last + at)}/k`, again)).toEqual(new Set([404]));
  expect(questions(store)).toBe(0);

  // No name has reached the store, is a series, or has taken the place of a bucket that exists.
  expect(store.seen.map(({ target }) => target)).toEqual(['/one/x']);
  expect(await edge.allows('one', A)).toBe(true);
  expect(questions(store)).toBe(0);
  const { text } = await edge.admin('/metrics');
  expect(text).not.toContain('invented');
  expect(text).not.toContain('warm');
  console.log(`${NAMES} names in ${seconds.toFixed(1)} s: the heap grows by ${grown.toFixed(1)} MB`);
});

test('while the store is down, invented names take no place from buckets that exist', {
  timeout: 300_000,
}, async () => {
  const store = await openManyBuckets({ one: A });
  closing.push(store.close);
  const edge = await startWith({ store: { url: store.url } }, { rulesTtl: '1h', logLevel: 'silent' });
  closing.push(edge.close);
  expect(await edge.allows('one', A)).toBe(true);
  store.failing = { status: 503, body: '' };
  await flood(edge.url, (at) => `/warm-${at}/k`, 6_000);
  const before = heap();
  await flood(edge.url, (at) => `/down-${at}/k`, 20_000);
  store.seen.length = 0;
  store.rulesAsked.length = 0;
  expect(heap() - before).toBeLessThan(16);
  expect(await edge.allows('one', A)).toBe(true);
  expect(store.rulesAsked).toEqual([]);
  expect((await edge.admin('/metrics')).text).not.toContain('down-');
});
