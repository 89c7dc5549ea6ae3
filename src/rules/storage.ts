import type { Examiner } from './findings.ts';
import { createCopies, type Keep } from './keep.ts';
import type { LastGood } from './last-good.ts';
import { ageOf, isTooOld, type RulesRecord, type Timing } from './record.ts';
import type { RuledBucket } from './ruled-bucket.ts';

/** Between a bucket's record and its stored copies. */
export interface RulesStorage {
  /** Writes the last good rules to all copies, for other processes to read at once. */
  store(record: RulesRecord): void;
  /** Writes them where they are missing or wrongly dated. `fresh`: see `Keep.peek`. Never rejects. */
  restore(record: RulesRecord, fresh: boolean): Promise<void>;
  /** Reads the copies, and takes the newest if it is newer than the last good rules. Resolves to whether it did. */
  recall(bucket: RuledBucket, record: RulesRecord): Promise<boolean>;
  /** `recall` if the copies have not been read yet; false at once if there is nothing to read. */
  recallOnce(bucket: RuledBucket, record: RulesRecord): Promise<boolean> | false;
}

/** No edge ran before 2020: a copy with an earlier date comes from a machine whose clock was not set. */
const FIRST_DATE = Date.UTC(2020);
/** Milliseconds by which correct clocks of two machines may differ. */
const SKEW = 60_000;
/** Milliseconds by which this process's own copy may look younger than the rules it was made of. */
const OWN_COPY = 1_000;

export function createStorage(keeps: readonly Keep[], timing: Timing, examiner: Examiner): RulesStorage {
  const { maxStale, wallClock, now } = timing;
  const copies = createCopies({ keeps, maxStale, wallClock });

  /** The last good rules, dated by the wall clock as it is now: it may have been set since they were loaded. */
  function copyOf(record: RulesRecord): LastGood | null {
    const { lastGood, stored } = record;
    if (lastGood === null || !stored || isTooOld(record, timing)) return null;
    const confirmedAt = Math.max(0, Math.round(wallClock() - ageOf(record, timing)));
    return { ...lastGood, loadedAt: Math.min(lastGood.loadedAt, confirmedAt), confirmedAt };
  }

  /** A copy's age by the wall clocks of its writer and of this process; null if one of the clocks is wrong. */
  function dated({ confirmedAt }: LastGood): number | null {
    const age = wallClock() - confirmedAt;
    return confirmedAt < FIRST_DATE || age < -SKEW ? null : Math.max(0, age);
  }

  /** True if a copy of this age (null: unknown) has newer rules than the record, which has some. */
  function isNewer(copy: LastGood, age: number | null, record: RulesRecord): boolean {
    if (age === null || ageOf(record, timing) <= age) return false;
    // This process's own copy: its time, in whole milliseconds of the wall clock, can be a little later.
    const isOwn = record.lastGood?.version === copy.version && ageOf(record, timing) - age < OWN_COPY;
    return !isOwn;
  }

  async function recall({ behaviour }: RuledBucket, record: RulesRecord): Promise<boolean> {
    record.recalled = true;
    const [copy] = await Promise.all([copies.read(record.key), examiner.ready()]);
    const found = copy === null ? null : dated(copy);
    // A wrong clock must not make rules unknown (promise 2): the copy counts as confirmed now.
    const age = found ?? 0;
    if (copy === null || (maxStale > 0 && age > maxStale)) {
      // The storage may have been unreachable, or this clock may be wrong: read again next time.
      record.recalled = false;
      return false;
    }
    if (record.lastGood !== null && !isNewer(copy, found, record)) return false;
    if (record.lastGood === null) record.unconfirmed = true;
    const confirmedAt = wallClock() - age;
    record.lastGood = { ...copy, loadedAt: Math.min(copy.loadedAt, confirmedAt), confirmedAt };
    record.findings = examiner.examine(copy, behaviour);
    record.confirmed = now() - age;
    record.validators = null;
    return true;
  }

  return {
    store(record) {
      const copy = copyOf(record);
      if (copy !== null) copies.write(record.key, copy);
    },
    restore: (record, fresh) => copies.restore(record.key, () => copyOf(record), fresh),
    recall,
    recallOnce: (bucket, record) => (keeps.length === 0 || record.recalled ? false : recall(bucket, record)),
  };
}
