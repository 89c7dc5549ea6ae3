import { afterEach, beforeEach, vi } from 'vitest';
import { createRulesCache, type RulesCache } from '../../src/rules/cache.ts';
import type { Loaded, Source } from '../../src/rules/source.ts';
import { bucketWith, type Controlled, controlled, load, NONE, rulesOf, settled } from './_controlled.ts';

export const TTL = 60_000;
export const MAX_STALE = 600_000;

/** Caches of a test, and their clock. */
export interface Caches {
  clock: number;
  /** Milliseconds by which the wall clock is ahead of `clock`. */
  wrong: number;
  /** Parameters in milliseconds. */
  newCache(ttl?: number, maxStale?: number): RulesCache;
  /** A cache that has loaded rules once. */
  loaded(
    first?: Loaded,
    ttl?: number,
    maxStale?: number,
  ): Promise<{ readonly cache: RulesCache; readonly source: Controlled }>;
  /** Lets the rules expire and answers the load that the next request starts, `later` milliseconds from now. */
  reload(cache: RulesCache, source: Controlled, found: Loaded, later?: number): Promise<void>;
}

export function useCaches(): Caches {
  const caches: Caches = {
    clock: 0,
    wrong: 0,
    newCache: (ttl = TTL, maxStale = MAX_STALE) =>
      createRulesCache({
        ttl,
        maxStale,
        now: () => caches.clock,
        wallClock: () => caches.clock + caches.wrong,
      }),
    loaded: async (first = rulesOf('https://a'), ttl = TTL, maxStale = MAX_STALE) => {
      const [cache, source] = [caches.newCache(ttl, maxStale), controlled()];
      const waits = cache.current(source.bucket);
      await load(cache, source, first);
      await waits;
      return { cache, source };
    },
    reload: async (cache, source, found, later = TTL + 1) => {
      caches.clock += later;
      void cache.current(source.bucket);
      await load(cache, source, found);
    },
  };
  beforeEach(() => {
    caches.clock = 1_700_000_000_000;
    caches.wrong = 0;
  });
  return caches;
}

/** Mocks Math.random so that loads are due exactly at the end of their pause. */
export function withoutJitter(): void {
  beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0.5));
  afterEach(() => void vi.restoreAllMocks());
}

/** Asks a cache for so many other buckets that it evicts all earlier ones. */
export async function crowd(cache: RulesCache): Promise<void> {
  const other: Source = { kind: 'inline', name: 'other', load: async () => NONE };
  for (let at = 0; at < 10_001; at += 1) void cache.current(bucketWith(other, `other ${at}`));
  // Ten thousand digests take seconds on a busy machine.
  await settled(() => cache.status('other 10000').state === 'fresh', 25_000);
}
