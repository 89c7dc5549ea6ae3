import { expect, test } from 'vitest';
import { createRulesCache } from '../../src/rules/cache.ts';
import { coalesced, loadDue, refreshLoaded } from '../../src/rules/refresh.ts';
import type { Source } from '../../src/rules/source.ts';
import { bucketWith, controlled, NONE, settled } from './_controlled.ts';

/** Buckets whose loads take one turn of the event loop, with counts of their loads: running, most at once, all. */
function busy(count: number) {
  const seen = { now: 0, most: 0, all: 0 };
  const source = (name: string): Source => ({
    kind: 'bucket',
    name,
    load: async () => {
      seen.now += 1;
      seen.all += 1;
      seen.most = Math.max(seen.most, seen.now);
      await new Promise((resolve) => setImmediate(resolve));
      seen.now -= 1;
      return NONE;
    },
  });
  const buckets = Array.from({ length: count }, (_, at) => bucketWith(source(`s${at}`), `b${at}`));
  return { seen, buckets };
}

const newCache = () => createRulesCache({ ttl: 60_000, maxStale: 0 });

test('refreshLoaded loads the buckets that requests have asked for, 32 at once', async () => {
  const [cache, { seen, buckets }] = [newCache(), busy(300)];
  await Promise.all(buckets.slice(0, 200).map((bucket) => cache.current(bucket)));
  seen.all = seen.most = 0;
  await refreshLoaded(cache, buckets);
  expect(seen).toEqual({ now: 0, most: 32, all: 200 });
});

test('refreshLoaded loads a bucket again whose first load is running, as that may be older', async () => {
  const [cache, source] = [newCache(), controlled()];
  const first = cache.current(source.bucket);
  const all = refreshLoaded(cache, [source.bucket]);
  await settled(() => source.pending() === 1);
  source.answer(NONE);
  await first;
  await settled(() => source.loads() === 2);
  source.answer(NONE);
  await all;
});

test('loadDue loads the buckets that are due, 32 at once, and no others', async () => {
  const [cache, { seen, buckets }] = [newCache(), busy(300)];
  await loadDue(cache, buckets);
  expect(seen).toEqual({ now: 0, most: 32, all: 300 });
  await loadDue(cache, buckets);
  expect(seen.all).toBe(300);
});

test('coalesced work runs one at a time, and once more for all calls during a run', async () => {
  let runs = 0;
  const ends: (() => void)[] = [];
  const ask = coalesced(() => {
    runs += 1;
    return new Promise((resolve) => ends.push(resolve));
  });
  const first = ask();
  const others = [ask(), ask(), ask()];
  expect(runs).toBe(1);
  ends.shift()?.();
  await first;
  await settled(() => runs === 2);
  const later = ask();
  ends.shift()?.();
  await Promise.all(others);
  await settled(() => runs === 3);
  ends.shift()?.();
  await later;
});
