import type { CopyHead, LastGood } from './last-good.ts';

/** Storage outside the process for copies of last good rules: a folder, Redis, KV. `bucket` is the bucket's key. */
export interface Keep {
  /** The stored copy; null without a usable one. A fault in the copy has been logged. Never rejects. */
  read(bucket: string): Promise<LastGood | null>;
  /**
   * Version and time of the stored copy, at less cost than reading it; null without a copy, or if the last read found a
   * fault in it. Storage that is slow or billed may answer from memory unless `fresh` is true. Never rejects.
   */
  peek(bucket: string, fresh: boolean): Promise<CopyHead | null>;
  /** Never rejects; a copy that could not be written is missing at the next check. */
  write(bucket: string, lastGood: LastGood): Promise<void>;
}

/** All stored copies, one in each `Keep`. */
export interface Copies {
  /** The copy that was confirmed last; null if there is no copy. Never rejects. */
  read(bucket: string): Promise<LastGood | null>;
  /** Writes all copies. */
  write(bucket: string, lastGood: LastGood): void;
  /**
   * Writes the copies that are missing, of older rules, or dated wrongly. `current` returns the rules to store after
   * the check, null if there is nothing to store. `fresh` is passed to `Keep.peek`. Never rejects.
   */
  restore(bucket: string, current: () => LastGood | null, fresh: boolean): Promise<void>;
}

export interface CopiesOptions {
  readonly keeps: readonly Keep[];
  /** Milliseconds after the last confirmation until last good rules are given up; 0: never. */
  readonly maxStale: number;
  readonly wallClock: () => number;
}

/** A copy of the same version is written again once it is older than this part of `maxStale`. */
const RENEWAL_PART = 10;
const RENEWAL_WITHOUT_LIMIT = 86_400_000;

/** A running check of one bucket's copies. */
interface Check {
  /** Another check was requested meanwhile: its `fresh`; null if none was requested. */
  next: boolean | null;
  done: Promise<void>;
}

export function createCopies({ keeps, maxStale, wallClock }: CopiesOptions): Copies {
  const renewal = maxStale > 0 ? maxStale / RENEWAL_PART : RENEWAL_WITHOUT_LIMIT;
  const checks = new Map<string, Check>();

  /** True if a copy may stay as it is. */
  function isCurrent(found: CopyHead | null, lastGood: LastGood): boolean {
    if (found === null) return false;
    const since = lastGood.confirmedAt - found.confirmedAt;
    // Absolute: a wall clock that was set since makes the copy look older or younger.
    if (found.version === lastGood.version) return Math.abs(since) < renewal;
    // Another process has loaded newer rules: leave them; the next load here finds them too.
    return since < 0 && found.confirmedAt <= wallClock();
  }

  async function restoreIn(
    keep: Keep,
    bucket: string,
    current: () => LastGood | null,
    fresh: boolean,
  ): Promise<void> {
    const found = await keep.peek(bucket, fresh);
    const lastGood = current();
    if (lastGood !== null && !isCurrent(found, lastGood)) await keep.write(bucket, lastGood);
  }

  async function run(check: Check, bucket: string, current: () => LastGood | null): Promise<void> {
    for (let fresh = check.next; fresh !== null; fresh = check.next) {
      check.next = null;
      // allSettled: a `Keep` that rejects against its contract must not stop later checks.
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
    write(bucket, lastGood) {
      for (const keep of keeps) void keep.write(bucket, lastGood);
    },
    async restore(bucket, current, fresh) {
      if (current() === null) return;
      const running = checks.get(bucket);
      if (running !== undefined) {
        running.next = running.next === true || fresh;
        await running.done;
        return;
      }
      const check: Check = { next: fresh, done: Promise.resolve() };
      checks.set(bucket, check);
      check.done = run(check, bucket, current).finally(() => checks.delete(bucket));
      await check.done;
    },
  };
}
