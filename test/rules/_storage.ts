import { beforeEach } from 'vitest';
import { createRulesCache, type RulesCache } from '../../src/rules/cache.ts';
import type { LastGood } from '../../src/rules/last-good.ts';
import type { Loaded } from '../../src/rules/source.ts';
import { type Controlled, controlled, load, rulesOf, settled } from './_controlled.ts';

/** Milliseconds after which a load is due, with the longest jitter. */
export const DUE = 23_000;
export const MAX_STALE = 600_000;
export const START = 1_700_000_000_000;
const TTL = 20_000;

/** Storage that the caches of a test share, and their clock. */
export interface SharedStorage {
  /** The correct time, in epoch milliseconds; START at the beginning of each test. */
  clock: number;
  /** Milliseconds by which the wall clock is ahead of `clock`. */
  wrong: number;
  stored: LastGood | null;
  /** False: writes are lost. */
  isWritable: boolean;
  /** Writes so far, lost ones included. */
  writes(): number;
  /** Versions that the caches reported with `onVersion`. */
  readonly versions: readonly string[];
  /** The stored copy; fails the test without one. */
  copy(): LastGood;
  newCache(): RulesCache;
  /** Starts a load with a request, and answers it. */
  loaded(cache: RulesCache, source: Controlled, found: Loaded): Promise<void>;
  /** Another process that loads these rules, stores them instead of the current copy, and ends. */
  otherProcess(found?: Loaded): Promise<void>;
}

export function useStorage(): SharedStorage {
  let writes = 0;
  const versions: string[] = [];
  const storage: SharedStorage = {
    clock: START,
    wrong: 0,
    stored: null,
    isWritable: true,
    writes: () => writes,
    versions,
    copy: () => {
      if (storage.stored === null) throw new Error('no copy is stored');
      return storage.stored;
    },
    newCache: () =>
      createRulesCache({
        ttl: TTL,
        maxStale: MAX_STALE,
        keeps: [
          {
            read: async () => storage.stored,
            peek: async () => storage.stored,
            write: async (_, record) => {
              writes += 1;
              if (storage.isWritable) storage.stored = record;
            },
          },
        ],
        now: () => storage.clock - START,
        wallClock: () => storage.clock + storage.wrong,
        onVersion: (_, version) => versions.push(version),
      }),
    loaded: async (cache, source, found) => {
      void cache.current(source.bucket);
      await settled(() => source.pending() === 1);
      await load(cache, source, found);
    },
    otherProcess: async (found = rulesOf('https://a')) => {
      storage.stored = null;
      await storage.loaded(storage.newCache(), controlled(), found);
    },
  };
  beforeEach(() => {
    Object.assign(storage, { clock: START, wrong: 0, stored: null, isWritable: true });
    writes = 0;
    versions.length = 0;
  });
  return storage;
}
