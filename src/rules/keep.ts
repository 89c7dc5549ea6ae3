import type { CopyHead, LastGood } from './last-good.ts';
import { within } from './within.ts';

/** Storage outside the process for copies of last good rules: a folder, Redis, KV. `bucket` is the bucket's key. */
export interface Keep {
  /** The stored copy; null without a usable one. A fault in the copy has been logged. Never rejects. */
  read(bucket: string): Promise<LastGood | null>;
  /**
   * Version and time of the stored copy, at less cost than reading it; null without a copy, or if the last read found a
   * fault in it; `unknown` if the storage did not answer. Storage that is slow or billed may answer from memory unless
   * `fresh` is true. Never rejects.
   */
  peek(bucket: string, fresh: boolean): Promise<CopyHead | null | 'unknown'>;
  /** Never rejects; a copy that could not be written is missing at the next check. */
  write(bucket: string, lastGood: LastGood): Promise<void>;
}

export interface AgedCopy {
  readonly copy: LastGood;
  /** Milliseconds since its confirmation; null if the clock of its writer or of this process is wrong. */
  readonly age: number | null;
}

/** All stored copies, one in each `Keep`. */
export interface Copies {
  /**
   * The youngest copy within `maxStale`; one of unknown age if there is no other; null without a copy. Waits at most
   * READ_TIMEOUT for each `Keep`. Never rejects.
   */
  read(bucket: string): Promise<AgedCopy | null>;
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

/** Milliseconds that one storage may take to read a copy: it must not hide the copies of the others. */
export const READ_TIMEOUT = 2_500;

const RENEWAL_PART = 10;
const RENEWAL_WITHOUT_LIMIT = 86_400_000;

/** Milliseconds after which a copy of the same version is written again: a tenth of `maxStale`, or a day without limit. */
export const renewalOf = (maxStale: number): number =>
  maxStale > 0 ? maxStale / RENEWAL_PART : RENEWAL_WITHOUT_LIMIT;

/** No edge ran before 2020: a copy with an earlier date comes from a machine whose clock was not set. */
const FIRST_DATE = Date.UTC(2020);
/** Milliseconds by which correct clocks of two machines may differ. */
const SKEW = 60_000;
/** Milliseconds after a confirmation in which rules are written although the stored copy is unknown. */
const JUST_CONFIRMED = 10_000;

/** A running check of one bucket's copies. */
interface Check {
  /** Another check was requested meanwhile: its `fresh`; null if none was requested. */
  next: boolean | null;
  done: Promise<void>;
}

export function createCopies({ keeps, maxStale, wallClock }: CopiesOptions): Copies {
  const renewal = renewalOf(maxStale);
  const checks = new Map<string, Check>();

  /** True if a copy may stay as it is. */
  function isCurrent(found: CopyHead | null | 'unknown', lastGood: LastGood): boolean {
    // It may be another process's newer copy: replace it only by rules that a load has just found.
    if (found === 'unknown') return wallClock() - lastGood.confirmedAt > JUST_CONFIRMED;
    // The wall clock was set back since.
    if (found === null || found.confirmedAt - wallClock() > SKEW) return false;
    // A later date is another process's confirmation, of newer rules if the version differs.
    const since = lastGood.confirmedAt - found.confirmedAt;
    return since < (found.version === lastGood.version ? renewal : 0);
  }

  /** A copy's age by the wall clocks of its writer and of this process; null if one of the clocks is wrong. */
  function ageOf({ confirmedAt }: LastGood): number | null {
    const age = wallClock() - confirmedAt;
    return confirmedAt < FIRST_DATE || age < -SKEW ? null : Math.max(0, age);
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
      const reads = keeps.map((keep) => within(READ_TIMEOUT, keep.read(bucket)).catch(() => null));
      const found = (await Promise.all(reads)).flatMap((copy) => copy ?? []);
      const aged = found
        .map((copy) => ({ copy, age: ageOf(copy) }))
        .filter(({ age }) => age === null || maxStale === 0 || age <= maxStale);
      return aged.sort(youngestFirst)[0] ?? null;
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

const youngestFirst = (one: AgedCopy, other: AgedCopy): number =>
  (one.age ?? Number.MAX_VALUE) - (other.age ?? Number.MAX_VALUE);
