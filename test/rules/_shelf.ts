import { beforeEach } from 'vitest';
import { createRulesCache, type RulesCache } from '../../src/rules/cache.ts';
import type { LastGood } from '../../src/rules/last-good.ts';
import type { Loaded } from '../../src/rules/source.ts';
import { type Controlled, controlled, load, rulesOf, settled } from './_controlled.ts';

/** A load is due after it, whatever the jitter. */
export const DUE = 23_000;
export const MAX_STALE = 600_000;
export const START = 1_700_000_000_000;
const TTL = 20_000;

/** A place in which the caches of a test keep rules for each other, and the clock they go by. */
export interface Shelf {
  /** The right time; START when a test begins. */
  clock: number;
  /** How far the wall clock is from it. */
  wrong: number;
  stored: LastGood | null;
  /** Whether what is written stays. */
  works: boolean;
  /** How often something was written, or would have been. */
  writes(): number;
  /** Versions that the caches have told of. */
  readonly versions: readonly string[];
  /** What is stored; fails the test where nothing is. */
  kept(): LastGood;
  newCache(): RulesCache;
  /** Answers the load that the next request starts. */
  loaded(cache: RulesCache, source: Controlled, found: Loaded): Promise<void>;
  /** One life of another process, which loads this and leaves it behind, whatever was stored before. */
  otherProcess(found?: Loaded): Promise<void>;
}

export function useShelf(): Shelf {
  let writes = 0;
  const versions: string[] = [];
  const shelf: Shelf = {
    clock: START,
    wrong: 0,
    stored: null,
    works: true,
    writes: () => writes,
    versions,
    kept: () => {
      if (shelf.stored === null) throw new Error('nothing is kept');
      return shelf.stored;
    },
    newCache: () =>
      createRulesCache({
        ttl: TTL,
        maxStale: MAX_STALE,
        keeps: [
          {
            read: async () => shelf.stored,
            peek: async () => shelf.stored,
            write: async (_, record) => {
              writes += 1;
              if (shelf.works) shelf.stored = record;
            },
          },
        ],
        now: () => shelf.clock - START,
        wallClock: () => shelf.clock + shelf.wrong,
        onVersion: (_, version) => versions.push(version),
      }),
    loaded: async (cache, source, found) => {
      void cache.current(source.bucket);
      await settled(() => source.pending() === 1);
      await load(cache, source, found);
    },
    otherProcess: async (found = rulesOf('https://a')) => {
      shelf.stored = null;
      await shelf.loaded(shelf.newCache(), controlled(), found);
    },
  };
  beforeEach(() => {
    Object.assign(shelf, { clock: START, wrong: 0, stored: null, works: true });
    writes = 0;
    versions.length = 0;
  });
  return shelf;
}
