import { describe, expect, test } from 'vitest';
import type { RulesCache } from '../../src/rules/cache.ts';
import { crowd, MAX_STALE, TTL, useCaches } from './_caches.ts';
import { type Controlled, load, now, rulesOf, summary, unknown } from './_controlled.ts';

/** Milliseconds after which a load is due, with the longest jitter. */
const DUE = 69_000;

const caches = useCaches();
const { loaded, reload } = caches;

describe('last good rules', () => {
  /** Fails every load until `at` milliseconds after the good one. */
  async function failUntil(cache: RulesCache, source: Controlled, at: number): Promise<void> {
    for (const start = caches.clock; caches.clock < start + at; ) {
      caches.clock += Math.min(start + at - caches.clock, DUE);
      cache.current(source.bucket);
      if (source.pending() > 0) await load(cache, source, unknown());
    }
  }

  test('stay in force until maxStale after the last confirmation, while loads fail', async () => {
    const { cache, source } = await loaded();
    await failUntil(cache, source, MAX_STALE);
    expect(now(cache, source)).toBe('https://a');
    expect(cache.status('b').state).toBe('stale');
  });

  test('are unavailable after maxStale, until the next successful load', async () => {
    const { cache, source } = await loaded();
    await failUntil(cache, source, MAX_STALE + 1);
    expect(cache.current(source.bucket)).toMatchObject({ rules: { state: 'unavailable' }, version: null });
    expect(cache.status('b').state).toBe('unavailable');
    await reload(cache, source, rulesOf('https://a'), DUE);
    expect(now(cache, source)).toBe('https://a');
    expect(cache.status('b').state).toBe('fresh');
  });

  test('stay in force until maxStale after a confirmation that changed nothing', async () => {
    const { cache, source } = await loaded();
    await failUntil(cache, source, MAX_STALE - 2 * DUE);
    await reload(cache, source, rulesOf('https://a'), DUE);
    await failUntil(cache, source, MAX_STALE);
    expect(now(cache, source)).toBe('https://a');
  });

  test('stay in force without a limit if maxStale is 0', async () => {
    const { cache, source } = await loaded(rulesOf('https://a'), TTL, 0);
    await reload(cache, source, unknown(), 10 * 365 * 86_400_000);
    expect(now(cache, source)).toBe('https://a');
    expect(cache.status('b').state).toBe('stale');
  });

  test('that are too old after an idle time make the next requests wait for one load', async () => {
    const { cache, source } = await loaded();
    caches.clock += MAX_STALE + 1;
    const waits = [cache.current(source.bucket), cache.current(source.bucket)];
    expect(waits[0]).toBeInstanceOf(Promise);
    expect(source.loads()).toBe(2);
    await load(cache, source, rulesOf('https://a'));
    expect((await Promise.all(waits)).map(summary)).toEqual(['https://a', 'https://a']);
  });

  test('that are too old after an idle time are unavailable if the load fails', async () => {
    const { cache, source } = await loaded();
    caches.clock += MAX_STALE + 1;
    const waits = cache.current(source.bucket);
    await load(cache, source, unknown());
    expect(summary(await waits)).toBe('unavailable');
    expect(now(cache, source)).toBe('unavailable');
  });

  test('that are too old after an idle time make a request wait although the last load failed', async () => {
    const { cache, source } = await loaded();
    await reload(cache, source, unknown(), DUE);
    caches.clock += MAX_STALE;
    const waits = cache.current(source.bucket);
    expect(waits).toBeInstanceOf(Promise);
    await load(cache, source, rulesOf('https://b'));
    expect(summary(await waits)).toBe('https://b');
  });

  test('stay in force without a failed load, although maxStale is shorter than the time to live', async () => {
    const { cache, source } = await loaded(rulesOf('https://a'), 300_000, 60_000);
    caches.clock += 120_000;
    const current = cache.current(source.bucket);
    if (source.pending() > 0) await load(cache, source, rulesOf('https://a'));
    expect(summary(await current)).toBe('https://a');
  });

  test('that are too old after an idle time make requests wait, also after an eviction', async () => {
    const { cache, source } = await loaded();
    await crowd(cache);
    caches.clock += MAX_STALE + 1;
    const waits = cache.current(source.bucket);
    expect(waits).toBeInstanceOf(Promise);
    await load(cache, source, rulesOf('https://b'));
    expect(summary(await waits)).toBe('https://b');
  });

  test('that are too old after an idle time make requests wait, also after a reconfiguration', async () => {
    const { cache, source } = await loaded();
    caches.clock += MAX_STALE + 1;
    const waits = cache.current({ ...source.bucket });
    await load(cache, source, rulesOf('https://b'));
    expect(summary(await waits)).toBe('https://b');
  });

  test.each([60_000, 30_000, 1_000])(
    'with a maxStale of %i ms never expire while loads succeed',
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
