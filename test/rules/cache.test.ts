import { describe, expect, test } from 'vitest';
import { crowd, TTL, useCaches, withoutJitter } from './_caches.ts';
import { controlled, load, MISSING, NONE, now, rulesOf, settled, told, unknown } from './_controlled.ts';

const caches = useCaches();
const { loaded, newCache, reload } = caches;
withoutJitter();

describe('the first load', () => {
  test('is waited for, and shared by all who wait', async () => {
    const cache = newCache();
    const source = controlled();
    const waits = [1, 2, 3].map(() => cache.current(source.bucket));
    for (const wait of waits) expect(wait).toBeInstanceOf(Promise);
    expect(source.loads()).toBe(1);
    source.answer(rulesOf('https://a'));
    expect((await Promise.all(waits)).map(told)).toEqual(['https://a', 'https://a', 'https://a']);
    expect(source.loads()).toBe(1);
  });

  test('fails closed when it brings nothing, and the next request need not wait', async () => {
    const cache = newCache();
    const source = controlled();
    const waits = cache.current(source.bucket);
    await load(cache, source, unknown());
    expect(await waits).toMatchObject({ rules: { state: 'unavailable' }, version: null });
    expect(now(cache, source)).toBe('unavailable');
    expect(source.loads()).toBe(1);
  });

  test('of one bucket is not another bucket’s', async () => {
    const cache = newCache();
    const [one, two] = [controlled('one'), controlled('two')];
    const waits = [cache.current(one.bucket), cache.current(two.bucket)];
    await load(cache, two, rulesOf('https://two'));
    await load(cache, one, unknown());
    expect((await Promise.all(waits)).map(told)).toEqual(['unavailable', 'https://two']);
    expect(cache.status('two').state).toBe('fresh');
  });
});

describe('loaded rules', () => {
  test('are served until their time is over, and nobody asks', async () => {
    const { cache, source } = await loaded();
    for (const later of [0, 1, TTL / 2, TTL / 2 - 1]) {
      caches.clock += later;
      expect(now(cache, source)).toBe('https://a');
    }
    expect(source.loads()).toBe(1);
  });

  test('are served after it too, while one load for all runs', async () => {
    const { cache, source } = await loaded();
    caches.clock += TTL + 1;
    for (let request = 0; request < 20; request += 1) expect(now(cache, source)).toBe('https://a');
    expect(source.loads()).toBe(2);
    await load(cache, source, rulesOf('https://b'));
    expect(now(cache, source)).toBe('https://b');
    expect(source.loads()).toBe(2);
  });

  test.each([
    ['other rules', rulesOf('https://b'), 'https://b'],
    ['the word that there are none', NONE, 'none'],
    ['the word that the bucket is gone', MISSING, 'missing'],
    ['rules without a rule', { ...rulesOf(''), ruleSet: { rules: [], responseVary: false } }, 'none'],
  ])('are replaced by %s', async (_, found, expected) => {
    const { cache, source } = await loaded();
    await reload(cache, source, found);
    expect(now(cache, source)).toBe(expected);
  });

  test.each([
    ['rules', rulesOf('https://a'), 'https://a'],
    ['the word that there are none', NONE, 'none'],
    ['the word that the bucket is gone', MISSING, 'missing'],
  ])('%s: an unknown never replaces it', async (_, first, expected) => {
    const { cache, source } = await loaded(first);
    await reload(cache, source, unknown());
    expect(now(cache, source)).toBe(expected);
    expect(cache.status('b').state).toBe('stale');
  });

  test('outlive the eviction of their bucket', async () => {
    const { cache, source } = await loaded();
    await crowd(cache);
    // No request waits for the store when the rules are known (found in review).
    expect(now(cache, source)).toBe('https://a');
    caches.clock += 2;
    expect(now(cache, source)).toBe('https://a');
    await settled(() => source.pending() === 1);
    await load(cache, source, unknown());
    expect(now(cache, source)).toBe('https://a');
  });
});

describe('refresh', () => {
  test('loads fresh rules again, and gives what it found', async () => {
    const { cache, source } = await loaded();
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    expect(told(await refreshed)).toBe('https://b');
    expect(source.loads()).toBe(2);
  });

  test('loads once more after a load that was under way', async () => {
    const { cache, source } = await loaded();
    caches.clock += TTL + 1;
    now(cache, source);
    const refreshed = cache.refresh(source.bucket);
    await load(cache, source, rulesOf('https://before'));
    await settled(() => source.pending() === 1);
    expect(now(cache, source)).toBe('https://before');
    await load(cache, source, rulesOf('https://after'));
    expect(told(await refreshed)).toBe('https://after');
    expect(source.loads()).toBe(3);
  });

  test('of many at once loads twice: one load began before the others asked', async () => {
    const { cache, source } = await loaded();
    const refreshed = [1, 2, 3].map(() => cache.refresh(source.bucket));
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://c'));
    expect((await Promise.all(refreshed)).map(told)).toEqual(['https://b', 'https://c', 'https://c']);
    expect(source.loads()).toBe(3);
  });

  test('that fails leaves the rules in force', async () => {
    const { cache, source } = await loaded();
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await load(cache, source, unknown());
    expect(told(await refreshed)).toBe('https://a');
    expect(cache.status('b').state).toBe('stale');
  });

  test('does not keep requests waiting that have rules', async () => {
    const { cache, source } = await loaded();
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    expect(now(cache, source)).toBe('https://a');
    await load(cache, source, rulesOf('https://a'));
    await refreshed;
  });
});
