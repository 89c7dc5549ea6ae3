import type { Examiner } from './findings.ts';
import { type AgedCopy, createCopies, type Keep, renewalOf } from './keep.ts';
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
  /**
   * `recall` if there are no rules, or if the last load failed and other processes may have confirmed rules since; false
   * at once if not.
   */
  recallIfNeeded(bucket: RuledBucket, record: RulesRecord): Promise<boolean> | false;
  /** Whether a copy of any age has rules, or may have some as it cannot be read. Never rejects. */
  hasRules(key: string): Promise<boolean>;
}

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

  /** True if a copy was confirmed later than the record's rules. */
  function isNewer({ copy, age }: AgedCopy, record: RulesRecord): boolean {
    if (age === null || ageOf(record, timing) <= age) return false;
    // This process's own copy: its time, in whole milliseconds of the wall clock, can be a little later.
    const isOwn = record.lastGood?.version === copy.version && ageOf(record, timing) - age < OWN_COPY;
    return !isOwn;
  }

  async function recall({ behaviour }: RuledBucket, record: RulesRecord): Promise<boolean> {
    const [found] = await Promise.all([copies.read(record.key), examiner.ready()]);
    if (found === null || (record.lastGood !== null && !isNewer(found, record))) return false;
    const { copy } = found;
    // A wrong clock must not make rules unknown (promise 2): the copy counts as confirmed now.
    const age = found.age ?? 0;
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
    hasRules: async (key) => (await Promise.all(keeps.map((keep) => mayHaveRules(keep, key)))).includes(true),
    recallIfNeeded(bucket, record) {
      const { lastGood, failure } = record;
      const isBehind = failure !== null && ageOf(record, timing) >= renewalOf(maxStale);
      return keeps.length > 0 && (lastGood === null || isBehind) && recall(bucket, record);
    },
  };
}

async function mayHaveRules(keep: Keep, key: string): Promise<boolean> {
  const copy = await keep.read(key);
  return copy === null ? (await keep.peek(key, true)) === 'unknown' : copy.ruleSet.rules.length > 0;
}
