import { describe, expect, test } from 'vitest';
import { crowd, TTL, useCaches, withoutJitter } from './_caches.ts';
import { controlled, load, MISSING, NONE, now, rulesOf, settled, summary, unknown } from './_controlled.ts';

const caches = useCaches();
const { loaded, newCache, reload } = caches;
withoutJitter();

describe('the first load', () => {
  test('makes requests wait, and is one load for all of them', async () => {
    const cache = newCache();
    const source = controlled();
    const waits = [1, 2, 3].map(() => cache.current(source.bucket));
    for (const wait of waits) expect(wait).toBeInstanceOf(Promise);
    expect(source.loads()).toBe(1);
    source.answer(rulesOf('https://a'));
    expect((await Promise.all(waits)).map(summary)).toEqual(['https://a', 'https://a', 'https://a']);
    expect(source.loads()).toBe(1);
  });

  test('fails closed if it fails, and the next request does not wait', async () => {
    const cache = newCache();
    const source = controlled();
    const waits = cache.current(source.bucket);
    await load(cache, source, unknown());
    expect(await waits).toMatchObject({ rules: { state: 'unavailable' }, version: null });
    expect(now(cache, source)).toBe('unavailable');
    expect(source.loads()).toBe(1);
  });

  test('of a bucket does not affect another bucket', async () => {
    const cache = newCache();
    const [one, two] = [controlled('one'), controlled('two')];
    const waits = [cache.current(one.bucket), cache.current(two.bucket)];
    await load(cache, two, rulesOf('https://two'));
    await load(cache, one, unknown());
    expect((await Promise.all(waits)).map(summary)).toEqual(['unavailable', 'https://two']);
    expect(cache.status('two').state).toBe('fresh');
  });
});

describe('loaded rules', () => {
  test('are served without a load until their time to live is over', async () => {
    const { cache, source } = await loaded();
    for (const later of [0, 1, TTL / 2, TTL / 2 - 1]) {
      caches.clock += later;
      expect(now(cache, source)).toBe('https://a');
    }
    expect(source.loads()).toBe(1);
  });

  test('are served after their time to live too, while a single load runs', async () => {
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
    ['an answer without rules', NONE, 'none'],
    ['the answer that the bucket does not exist', MISSING, 'missing'],
    ['an empty rule set', { ...rulesOf(''), ruleSet: { rules: [], responseVary: false } }, 'none'],
  ])('are replaced by %s', async (_, found, expected) => {
    const { cache, source } = await loaded();
    await reload(cache, source, found);
    expect(now(cache, source)).toBe(expected);
  });

  test.each([
    ['rules', rulesOf('https://a'), 'https://a'],
    ['an answer without rules', NONE, 'none'],
    ['the answer that the bucket does not exist', MISSING, 'missing'],
  ])('that were %s stay in force after an unknown outcome', async (_, first, expected) => {
    const { cache, source } = await loaded(first);
    await reload(cache, source, unknown());
    expect(now(cache, source)).toBe(expected);
    expect(cache.status('b').state).toBe('stale');
  });

  test('outlive the eviction of their bucket from the LRU cache, and are loaded when they are due', async () => {
    const { cache, source } = await loaded();
    await crowd(cache);
    // The record still has the rules: no request waits for the bucket.
    expect(now(cache, source)).toBe('https://a');
    caches.clock += 2;
    expect(now(cache, source)).toBe('https://a');
    expect(source.loads()).toBe(1);
    await crowd(cache);
    caches.clock += TTL;
    expect(now(cache, source)).toBe('https://a');
    expect(source.loads()).toBe(2);
    await load(cache, source, unknown());
    await crowd(cache);
    expect(now(cache, source)).toBe('https://a');
    caches.clock += 1_001;
    await crowd(cache);
    expect(now(cache, source)).toBe('https://a');
    await load(cache, source, rulesOf('https://b'));
    expect(now(cache, source)).toBe('https://b');
  });
});

describe('refresh', () => {
  test('loads again although the rules are fresh, and resolves to the new rules', async () => {
    const { cache, source } = await loaded();
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    expect(summary(await refreshed)).toBe('https://b');
    expect(source.loads()).toBe(2);
  });

  test('during a load starts another one after it', async () => {
    const { cache, source } = await loaded();
    caches.clock += TTL + 1;
    now(cache, source);
    const refreshed = cache.refresh(source.bucket);
    await load(cache, source, rulesOf('https://before'));
    await settled(() => source.pending() === 1);
    expect(now(cache, source)).toBe('https://before');
    await load(cache, source, rulesOf('https://after'));
    expect(summary(await refreshed)).toBe('https://after');
    expect(source.loads()).toBe(3);
  });

  test('three times at once loads twice: the first load began before the other calls', async () => {
    const { cache, source } = await loaded();
    const refreshed = [1, 2, 3].map(() => cache.refresh(source.bucket));
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://b'));
    await settled(() => source.pending() === 1);
    await load(cache, source, rulesOf('https://c'));
    expect((await Promise.all(refreshed)).map(summary)).toEqual(['https://b', 'https://c', 'https://c']);
    expect(source.loads()).toBe(3);
  });

  test('that fails leaves the last good rules in force', async () => {
    const { cache, source } = await loaded();
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    await load(cache, source, unknown());
    expect(summary(await refreshed)).toBe('https://a');
    expect(cache.status('b').state).toBe('stale');
  });

  test('does not make requests wait if there are rules', async () => {
    const { cache, source } = await loaded();
    const refreshed = cache.refresh(source.bucket);
    await settled(() => source.pending() === 1);
    expect(now(cache, source)).toBe('https://a');
    await load(cache, source, rulesOf('https://a'));
    await refreshed;
  });
});
