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
   * where there is nothing to store. `fresh` asks each place itself, where one remembers what it has. Never rejects.
   */
  restore(bucket: string, current: () => LastGood | null, fresh: boolean): Promise<void>;
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

/** A look at the copies of one bucket. */
interface Look {
  /** Whether another look was asked for meanwhile, and whether each place is to be asked itself; null: no other. */
  again: boolean | null;
  done: Promise<void>;
}

export function createCopies({ keeps, maxStale, wallClock }: CopiesOptions): Copies {
  const renewal = maxStale > 0 ? maxStale / RENEWAL_PART : RENEWAL_WITHOUT_LIMIT;
  const looking = new Map<string, Look>();

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
    fresh: boolean,
  ): Promise<void> {
    const found = await keep.peek(bucket, fresh);
    const record = current();
    if (record !== null && !isGood(found, record)) await keep.write(bucket, record);
  }

  async function lookAt(look: Look, bucket: string, current: () => LastGood | null): Promise<void> {
    for (let fresh = look.again; fresh !== null; fresh = look.again) {
      look.again = null;
      // Each place limits its own answers; one that rejects all the same must not stop later looks.
      await Promise.allSettled(keeps.map((keep) => restoreIn(keep, bucket, current, fresh)));
    }
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
    async restore(bucket, current, fresh) {
      if (current() === null) return;
      const running = looking.get(bucket);
      if (running !== undefined) {
        running.again = running.again === true || fresh;
        await running.done;
        return;
      }
      const look: Look = { again: fresh, done: Promise.resolve() };
      looking.set(bucket, look);
      look.done = lookAt(look, bucket, current).finally(() => looking.delete(bucket));
      await look.done;
    },
  };
}
