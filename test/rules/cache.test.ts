import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRulesCache, type RulesCache } from '../../src/rules/cache.ts';
import type { RulesStatus } from '../../src/rules/ledger.ts';
import { LOAD_TIMEOUT } from '../../src/rules/load.ts';
import type { Source } from '../../src/rules/source.ts';
import {
  bucketWith,
  type Controlled,
  controlled,
  load,
  MISSING,
  NONE,
  now,
  rulesOf,
  settled,
  told,
  unknown,
} from './controlled.ts';

const TTL = 60_000;
const MAX_STALE = 600_000;

let clock = 0;
let changes: RulesStatus[] = [];

beforeEach(() => {
  clock = 1_700_000_000_000;
  changes = [];
  // The jitter's middle: times are what they say.
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const newCache = (ttl = TTL, maxStale = MAX_STALE): RulesCache =>
  createRulesCache({
    ttl,
    maxStale,
    now: () => clock,
    onChange: (_, status) => changes.push(status),
  });

/** A cache that has loaded rules once. */
async function loaded(first = rulesOf('https://a'), ttl = TTL, maxStale = MAX_STALE) {
  const cache = newCache(ttl, maxStale);
  const source = controlled();
  const waits = cache.current(source.bucket);
  await load(cache, source, first);
  await waits;
  return { cache, source };
}

/** Lets the rules expire and answers the load that the next request starts. */
async function reload(cache: RulesCache, source: Controlled, found: Parameters<typeof load>[2], later = TTL) {
  clock += later + 1;
  void cache.current(source.bucket);
  await load(cache, source, found);
}

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
      clock += later;
      expect(now(cache, source)).toBe('https://a');
    }
    expect(source.loads()).toBe(1);
  });

  test('are served after it too, while one load for all runs', async () => {
    const { cache, source } = await loaded();
    clock += TTL + 1;
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
    const other: Source = { kind: 'inline', name: 'other', load: async () => NONE };
    for (let at = 0; at < 10_001; at += 1) void cache.current(bucketWith(other, `other ${at}`));
    await settled(() => cache.status('other 10000').state === 'fresh');
    // No request waits for the store when the rules are known (found in review).
    expect(now(cache, source)).toBe('https://a');
    clock += 2;
    expect(now(cache, source)).toBe('https://a');
    await settled(() => source.pending() === 1);
    await load(cache, source, unknown());
    expect(now(cache, source)).toBe('https://a');
  });
});

describe('a failed load', () => {
  test('is not tried again by every request: the pauses grow up to a minute', async () => {
    const { cache, source } = await loaded(rulesOf('https://a'), TTL, 0);
    clock += TTL + 1;
    now(cache, source);
    for (const pause of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
      await load(cache, source, unknown());
      const before = source.loads();
      for (const later of [0, 1, pause * 1000 - 2]) {
        clock += later;
        expect(now(cache, source)).toBe('https://a');
      }
      expect(source.loads()).toBe(before);
      clock += 2;
      for (let request = 0; request < 5; request += 1) expect(now(cache, source)).toBe('https://a');
      expect(source.loads()).toBe(before + 1);
    }
    expect(cache.status('b').failure?.count).toBe(9);
  });

  test('is paused after also when there never were rules', async () => {
    const cache = newCache();
    const source = controlled();
    const waits = cache.current(source.bucket);
    await load(cache, source, unknown());
    await waits;
    clock += 999;
    expect(now(cache, source)).toBe('unavailable');
    expect(source.loads()).toBe(1);
    clock += 2;
    expect(now(cache, source)).toBe('unavailable');
    expect(source.loads()).toBe(2);
    await load(cache, source, rulesOf('https://a'));
    expect(now(cache, source)).toBe('https://a');
  });

  test('counts from one again after a good one', async () => {
    const { cache, source } = await loaded();
    await reload(cache, source, unknown());
    await reload(cache, source, unknown(), 1000);
    expect(cache.status('b').failure?.count).toBe(2);
    await reload(cache, source, rulesOf('https://a'), 2000);
    expect(cache.status('b')).toMatchObject({ state: 'fresh', failure: null });
    await reload(cache, source, unknown());
    expect(cache.status('b').failure?.count).toBe(1);
    expect(source.loads()).toBe(5);
    clock += 1001;
    now(cache, source);
    expect(source.loads()).toBe(6);
  });

  test.each([
    ['rejects with an error', new Error('broken pipe'), 'source of b could not be read: broken pipe'],
    [
      'rejects with an error that has a cause',
      new Error('fetch failed', { cause: new Error('ECONNREFUSED') }),
      'source of b could not be read: fetch failed (ECONNREFUSED)',
    ],
    ['rejects with something else', 'odd', 'source of b could not be read: odd'],
  ])('is one that %s', async (_, error, cause) => {
    const cache = newCache();
    const source = controlled();
    const waits = cache.current(source.bucket);
    source.reject(error);
    expect(told(await waits)).toBe('unavailable');
    expect(cache.status('b').failure).toMatchObject({ cause, count: 1, at: clock });
  });

  test('is one that throws before it gives a promise', async () => {
    const cache = newCache();
    const source: Source = {
      kind: 'url',
      name: 'thrower',
      load: () => {
        throw new Error('no such thing');
      },
    };
    expect(told(await cache.current(bucketWith(source)))).toBe('unavailable');
    expect(cache.status('b').failure?.cause).toBe('thrower could not be read: no such thing');
  });

  test('is one that takes longer than five seconds; what comes later does not count', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const cache = newCache();
    const source = controlled();
    const waits = cache.current(source.bucket);
    vi.advanceTimersByTime(LOAD_TIMEOUT - 1);
    expect(source.signals[0]?.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(told(await waits)).toBe('unavailable');
    expect(source.signals[0]?.aborted).toBe(true);
    expect(cache.status('b').failure?.cause).toBe('source of b did not answer within 5 seconds');
    source.answer(rulesOf('https://late'));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(now(cache, source)).toBe('unavailable');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves no timer behind, nor does a good one', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { cache, source } = await loaded();
    await reload(cache, source, unknown());
    expect(vi.getTimerCount()).toBe(0);
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
    clock += TTL + 1;
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
