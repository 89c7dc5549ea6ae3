import type { Keep, RecordHead } from './keep.ts';
import type { LastGood } from './ledger.ts';

/** The copies of last good rules outside this process. */
export interface Copies {
  /** The one that was confirmed last; null where there is none. Never rejects. */
  read(bucket: string): Promise<LastGood | null>;
  /** Writes all of them. */
  write(bucket: string, record: LastGood): void;
  /**
   * Writes those that are missing, of older rules, or dated wrongly. `current` gives the record as it is by then, null
   * where there is nothing to store. `anew` asks each place itself, where one remembers what it has. Never rejects.
   */
  restore(bucket: string, current: () => LastGood | null, anew: boolean): Promise<void>;
}

export interface CopiesOptions {
  readonly keeps: readonly Keep[];
  /** Milliseconds after the last confirmation until last good rules are given up; 0: never. */
  readonly maxStale: number;
  readonly wallClock: () => number;
}

/** A copy is written again once it has aged by this part of `maxStale`, though its version is the same. */
const RENEWAL_PART = 10;
const RENEWAL_WITHOUT_LIMIT = 86_400_000;

export function createCopies({ keeps, maxStale, wallClock }: CopiesOptions): Copies {
  const renewal = maxStale > 0 ? maxStale / RENEWAL_PART : RENEWAL_WITHOUT_LIMIT;
  /** The buckets whose copies are being looked at, and whether another look was asked for meanwhile. */
  const looking = new Map<string, boolean>();

  /** Whether a copy may stay as it is. */
  function isGood(found: RecordHead | null, record: LastGood): boolean {
    if (found === null) return false;
    const since = record.confirmedAt - found.confirmedAt;
    // A clock that was set since gives a difference as large, either way.
    if (found.version === record.version) return Math.abs(since) < renewal;
    // Another process has loaded other rules since; the next load here finds them too.
    return since < 0 && found.confirmedAt <= wallClock();
  }

  async function restoreIn(
    keep: Keep,
    bucket: string,
    current: () => LastGood | null,
    anew: boolean,
  ): Promise<void> {
    const found = await keep.peek(bucket, anew);
    const record = current();
    if (record !== null && !isGood(found, record)) await keep.write(bucket, record);
  }

  return {
    async read(bucket) {
      let last: LastGood | null = null;
      for (const found of await Promise.all(keeps.map((keep) => keep.read(bucket)))) {
        if (found !== null && (last === null || found.confirmedAt > last.confirmedAt)) last = found;
      }
      return last;
    },
    write(bucket, record) {
      for (const keep of keeps) void keep.write(bucket, record);
    },
    async restore(bucket, current, anew) {
      if (current() === null) return;
      const busy = looking.has(bucket);
      looking.set(bucket, busy);
      if (busy) return;
      do {
        looking.set(bucket, false);
        await Promise.all(keeps.map((keep) => restoreIn(keep, bucket, current, anew)));
      } while (looking.get(bucket));
      looking.delete(bucket);
    },
  };
}
