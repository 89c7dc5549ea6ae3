import { describe, expect, test } from 'vitest';
import type { RulesCache } from '../../src/rules/cache.ts';
import { crowd, MAX_STALE, TTL, useCaches } from './_caches.ts';
import { type Controlled, load, now, rulesOf, told, unknown } from './_controlled.ts';

/** A load is due after it, whatever the jitter. */
const DUE = 69_000;

const caches = useCaches();
const { loaded, reload } = caches;

describe('how long last good rules stay in force', () => {
  /** Fails every load until `at` milliseconds after the good one. */
  async function failUntil(cache: RulesCache, source: Controlled, at: number): Promise<void> {
    for (const start = caches.clock; caches.clock < start + at; ) {
      caches.clock += Math.min(start + at - caches.clock, DUE);
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
    await reload(cache, source, rulesOf('https://a'), DUE);
    expect(now(cache, source)).toBe('https://a');
    expect(cache.status('b').state).toBe('fresh');
  });

  test('a confirmation without a change counts anew', async () => {
    const { cache, source } = await loaded();
    await failUntil(cache, source, MAX_STALE - 2 * DUE);
    await reload(cache, source, rulesOf('https://a'), DUE);
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
    caches.clock += MAX_STALE + 1;
    const waits = [cache.current(source.bucket), cache.current(source.bucket)];
    expect(waits[0]).toBeInstanceOf(Promise);
    expect(source.loads()).toBe(2);
    await load(cache, source, rulesOf('https://a'));
    expect((await Promise.all(waits)).map(told)).toEqual(['https://a', 'https://a']);
  });

  test('after an idle time beyond it, a load that fails gives them up', async () => {
    const { cache, source } = await loaded();
    caches.clock += MAX_STALE + 1;
    const waits = cache.current(source.bucket);
    await load(cache, source, unknown());
    expect(told(await waits)).toBe('unavailable');
    expect(now(cache, source)).toBe('unavailable');
  });

  test('a limit shorter than the time between loads does not give up what no load has failed to find', async () => {
    const { cache, source } = await loaded(rulesOf('https://a'), 300_000, 60_000);
    caches.clock += 120_000;
    const current = cache.current(source.bucket);
    if (source.pending() > 0) await load(cache, source, rulesOf('https://a'));
    expect(told(await current)).toBe('https://a');
  });

  test('after an idle time beyond it, also where the bucket was evicted meanwhile (found in review)', async () => {
    const { cache, source } = await loaded();
    await crowd(cache);
    caches.clock += MAX_STALE + 1;
    const waits = cache.current(source.bucket);
    expect(waits).toBeInstanceOf(Promise);
    await load(cache, source, rulesOf('https://b'));
    expect(told(await waits)).toBe('https://b');
  });

  test('after an idle time beyond it, also where the bucket was given other options meanwhile', async () => {
    const { cache, source } = await loaded();
    caches.clock += MAX_STALE + 1;
    const waits = cache.current({ ...source.bucket });
    await load(cache, source, rulesOf('https://b'));
    expect(told(await waits)).toBe('https://b');
  });

  test.each([60_000, 30_000, 1_000])(
    'a limit of %i ms is never reached while loads succeed (found in review)',
    async (maxStale) => {
      const { cache, source } = await loaded(rulesOf('https://a'), TTL, maxStale);
      for (let at = 0; at < 40; at += 1) {
        caches.clock += maxStale / 10;
        expect(now(cache, source)).toBe('https://a');
        if (source.pending() > 0) await load(cache, source, rulesOf('https://a'));
      }
      expect(source.loads()).toBeGreaterThan(5);
    },
  );
});
