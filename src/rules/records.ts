import { newRecord, type RulesRecord } from './record.ts';
import { keyOf, type RuledBucket } from './ruled-bucket.ts';

/** The records of all buckets that requests have asked for. */
export interface Records {
  /** The bucket's record, created if missing. */
  of(bucket: RuledBucket): RulesRecord;
  /** By key; with the bucket, also the record of a removed bucket. */
  find(key: string, bucket?: RuledBucket): RulesRecord | undefined;
  /** False once the record's bucket has been removed. */
  isServed(record: RulesRecord): boolean;
  remove(bucket: RuledBucket): void;
  all(): RulesRecord[];
}

export function createRecords(): Records {
  const byKey = new Map<string, RulesRecord>();
  /** For requests that were in flight when their bucket was removed. A new bucket of the same key never gets these. */
  const removed = new WeakMap<RuledBucket, RulesRecord>();

  const find = (key: string, bucket?: RuledBucket): RulesRecord | undefined =>
    (bucket && removed.get(bucket)) ?? byKey.get(key);

  return {
    find,
    of(bucket) {
      const key = keyOf(bucket);
      const found = find(key, bucket);
      if (found !== undefined) return found;
      const record = newRecord(key);
      byKey.set(key, record);
      return record;
    },
    isServed: (record) => byKey.get(record.key) === record,
    remove(bucket) {
      const record = byKey.get(keyOf(bucket));
      if (record !== undefined) removed.set(bucket, record);
      byKey.delete(keyOf(bucket));
    },
    all: () => [...byKey.values()],
  };
}
