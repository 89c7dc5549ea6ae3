import { beforeEach, describe, expect, test } from 'vitest';
import { createRulesCache, type RulesCache } from '../../src/rules/cache.ts';
import type { Source } from '../../src/rules/source.ts';
import {
  bucketWith,
  type Controlled,
  controlled,
  load,
  NONE,
  now,
  rulesOf,
  settled,
  told,
  unknown,
} from './controlled.ts';

/** A load is due after it, whatever the jitter. */
const DUE = 69_000;
const TTL = 60_000;
const MAX_STALE = 600_000;

let clock = 0;
beforeEach(() => {
  clock = 1_700_000_000_000;
});

/** A cache that has loaded rules once. */
async function loaded(first = rulesOf('https://a'), ttl = TTL, maxStale = MAX_STALE) {
  const cache = createRulesCache({ ttl, maxStale, now: () => clock });
  const source = controlled();
  const waits = cache.current(source.bucket);
  await load(cache, source, first);
  await waits;
  return { cache, source };
}

/** Lets the rules expire and answers the load that the next request starts. */
async function reload(cache: RulesCache, source: Controlled, found: Parameters<typeof load>[2], later = DUE) {
  clock += later;
  void cache.current(source.bucket);
  await load(cache, source, found);
}

describe('how long last good rules stay in force', () => {
  /** Fails every load until `at` milliseconds after the good one. */
  async function failUntil(cache: RulesCache, source: Controlled, at: number): Promise<void> {
    for (const start = clock; clock < start + at; ) {
      clock += Math.min(start + at - clock, DUE);
      cache.current(source.bucket);
      if (source.pending() > 0) await load(cache, source, unknown());
    }
  }

  test('up to the limit', async () => {
    const { cache, source } = await loaded();
    await failUntil(cache, source, MAX_STALE);
    expect(now(cache, source)).toBe('https://a');
    expect(cache.status('b').state).toBe('stale');
  });

  test('beyond it they are given up, and come back with the next good load', async () => {
    const { cache, source } = await loaded();
    await failUntil(cache, source, MAX_STALE + 1);
    expect(cache.current(source.bucket)).toMatchObject({ rules: { state: 'unavailable' }, version: null });
    expect(cache.status('b').state).toBe('unavailable');
    await reload(cache, source, rulesOf('https://a'));
    expect(now(cache, source)).toBe('https://a');
    expect(cache.status('b').state).toBe('fresh');
  });

  test('a confirmation without a change counts anew', async () => {
    const { cache, source } = await loaded();
    await failUntil(cache, source, MAX_STALE - 2 * DUE);
    await reload(cache, source, rulesOf('https://a'));
    await failUntil(cache, source, MAX_STALE);
    expect(now(cache, source)).toBe('https://a');
  });

  test('for ever with 0', async () => {
    const { cache, source } = await loaded(rulesOf('https://a'), TTL, 0);
    await reload(cache, source, unknown(), 10 * 365 * 86_400_000);
    expect(now(cache, source)).toBe('https://a');
    expect(cache.status('b').state).toBe('stale');
  });

  test('after an idle time beyond it, the next request waits for the load instead', async () => {
    const { cache, source } = await loaded();
    clock += MAX_STALE + 1;
    const waits = [cache.current(source.bucket), cache.current(source.bucket)];
    expect(waits[0]).toBeInstanceOf(Promise);
    expect(source.loads()).toBe(2);
    await load(cache, source, rulesOf('https://a'));
    expect((await Promise.all(waits)).map(told)).toEqual(['https://a', 'https://a']);
  });

  test('after an idle time beyond it, a load that fails gives them up', async () => {
    const { cache, source } = await loaded();
    clock += MAX_STALE + 1;
    const waits = cache.current(source.bucket);
    await load(cache, source, unknown());
    expect(told(await waits)).toBe('unavailable');
    expect(now(cache, source)).toBe('unavailable');
  });

  test('a limit shorter than the time between loads does not give up what no load has failed to find', async () => {
    const { cache, source } = await loaded(rulesOf('https://a'), 300_000, 60_000);
    clock += 120_000;
    const current = cache.current(source.bucket);
    if (source.pending() > 0) await load(cache, source, rulesOf('https://a'));
    expect(told(await current)).toBe('https://a');
  });

  test('after an idle time beyond it, also where the bucket was evicted meanwhile (found in review)', async () => {
    const { cache, source } = await loaded();
    const other: Source = { kind: 'inline', name: 'other', load: async () => NONE };
    for (let at = 0; at < 10_001; at += 1) void cache.current(bucketWith(other, `other ${at}`));
    await settled(() => cache.status('other 10000').state === 'fresh');
    clock += MAX_STALE + 1;
    const waits = cache.current(source.bucket);
    expect(waits).toBeInstanceOf(Promise);
    await load(cache, source, rulesOf('https://b'));
    expect(told(await waits)).toBe('https://b');
  });

  test('after an idle time beyond it, also where the bucket was given other options meanwhile', async () => {
    const { cache, source } = await loaded();
    clock += MAX_STALE + 1;
    const waits = cache.current({ ...source.bucket });
    await load(cache, source, rulesOf('https://b'));
    expect(told(await waits)).toBe('https://b');
  });

  test.each([60_000, 30_000, 1_000])(
    'a limit of %i ms is never reached while loads succeed (found in review)',
    async (maxStale) => {
      const { cache, source } = await loaded(rulesOf('https://a'), TTL, maxStale);
      for (let at = 0; at < 40; at += 1) {
        clock += maxStale / 10;
        expect(now(cache, source)).toBe('https://a');
        if (source.pending() > 0) await load(cache, source, rulesOf('https://a'));
      }
      expect(source.loads()).toBeGreaterThan(5);
    },
  );
});
