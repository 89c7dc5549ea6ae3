import type { Fault } from '../document/fault.ts';
import { fewAtOnce } from './batch.ts';
import { monotonic } from './clock.ts';
import { createExaminer, type LoadDomains } from './findings.ts';
import type { RulesInForce } from './in-force.ts';
import type { Keep } from './keep.ts';
import { createLoader, LOAD_TIMEOUT } from './load.ts';
import { type Background, createLookup } from './lookup.ts';
import { noLoads, type RulesRecord, type RulesStatus, statusOf, type Timing } from './record.ts';
import { createRecords, type Records } from './records.ts';
import { isLocal, keyOf, type RuledBucket } from './ruled-bucket.ts';
import { createStorage } from './storage.ts';
import { within } from './within.ts';

export type { Background };

export interface RulesCache {
  /**
   * The rules that decide requests now. A promise only during a first load, or during a load that follows a change made
   * through this edge; never for a refresh. Every load is passed to `background`.
   */
  current(bucket: RuledBucket, background?: Background): RulesInForce | Promise<RulesInForce>;
  /** Loads the rules again, with a load that starts after the call. */
  refresh(bucket: RuledBucket): Promise<RulesInForce>;
  /** `refresh` after a client changed the rules through this edge: requests wait for the load. */
  renew(bucket: RuledBucket): Promise<RulesInForce>;
  /** Another process has loaded this version: takes it from storage, or else loads the rules. */
  learn(bucket: RuledBucket, version: string): Promise<void>;
  /** Removes a bucket that is no longer served. Its stored copies stay. */
  forget(bucket: RuledBucket): void;
  /** By the bucket's key. With the bucket, also of a removed bucket that a request in flight still uses. */
  status(key: string, bucket?: RuledBucket): RulesStatus;
  /** True if a request has asked for the bucket's rules, even if they are still being loaded. */
  asked(key: string): boolean;
  /** Writes the last good rules of all buckets to storage where they are missing. */
  restore(): Promise<void>;
}

export interface RulesCacheOptions {
  /** Milliseconds that loaded rules are served before the source is asked again. */
  readonly ttl: number;
  /** Milliseconds after the last confirmation until last good rules are given up; 0: never. */
  readonly maxStale: number;
  /** Storage for last good rules outside the process. */
  readonly keeps?: readonly Keep[];
  /**
   * Called when a load brings another version or state, or fails for another cause than the last one. `isNew`: the version
   * or the findings in it differ from those of the last call, so that a log can list them once.
   */
  readonly onChange?: (bucket: RuledBucket, status: RulesStatus, isNew: boolean) => void;
  /** Called when a load of this process brings a version, not when another process's version is learned. */
  readonly onVersion?: (bucket: RuledBucket, version: string) => void;
  /**
   * Loads the public suffix list, at the first load of rules. Without it, and if it fails, findings about wildcards are
   * fewer.
   */
  readonly domains?: LoadDomains;
  /** Milliseconds of a monotonic clock, for ages and times to live. */
  readonly now?: () => number;
  /** Epoch milliseconds, for times that are stored and shown. */
  readonly wallClock?: () => number;
}

const NOT_LOADED: RulesStatus = {
  state: 'not_loaded',
  lastGood: null,
  findings: [],
  failure: null,
  loads: noLoads(),
  age: null,
  due: 0,
};

/**
 * Serves the compiled rules of many buckets. Expired rules are still served while one load for each bucket runs. A
 * failed load leaves the last good rules in force; the next load follows after a pause, not with the next request
 * (promise 2).
 */
export function createRulesCache(options: RulesCacheOptions): RulesCache {
  const { maxStale, keeps = [], now = monotonic, wallClock = Date.now, onVersion = () => {} } = options;
  const timing = { maxStale, now, wallClock };
  const records = createRecords();
  const examiner = createExaminer(options.domains);
  const storage = createStorage(keeps, timing, examiner);
  // Rules are given up after maxStale: ask for them well before.
  const ttl = maxStale > 0 ? Math.min(options.ttl, maxStale / 2) : options.ttl;
  const load = createLoader({ storage, examiner, timing, ttl, onVersion });
  const report = createReport(records, timing, options.onChange);
  const lookup = createLookup({ records, load, timing, onLoad: report });

  function current(
    bucket: RuledBucket,
    background: Background = unwaited,
  ): RulesInForce | Promise<RulesInForce> {
    const record = records.of(bucket);
    const { waitFor } = record;
    return waitFor === null
      ? lookup.current(bucket, record, background)
      : waitFor.then(() => lookup.current(bucket, record, background));
  }

  async function refreshRecord(bucket: RuledBucket, record: RulesRecord): Promise<RulesInForce> {
    // The running load may have started before the caller's change: wait for it, then load again.
    if (record.loading !== null) await record.loading;
    return lookup.loaded(bucket, record, true);
  }

  async function renew(bucket: RuledBucket): Promise<RulesInForce> {
    const record = records.of(bucket);
    const refreshed = refreshRecord(bucket, record);
    // An earlier load may hang: requests wait no longer than for first rules.
    const waitFor = within(LOAD_TIMEOUT, refreshed)
      .catch(() => {})
      .finally(() => {
        if (record.waitFor === waitFor) record.waitFor = null;
      });
    record.waitFor = waitFor;
    return refreshed;
  }

  async function learn(bucket: RuledBucket, version: string): Promise<void> {
    const record = records.of(bucket);
    if (isLocal(bucket) || record.lastGood?.version === version) return;
    // Of an authority the copies can be older than the version, and yet later by their writer's clock.
    if (!bucket.source.isAuthority && (await storage.recall(bucket, record))) report(bucket, record);
    if (record.lastGood?.version !== version) await refreshRecord(bucket, record);
  }

  function forget(bucket: RuledBucket): void {
    const record = records.find(keyOf(bucket));
    if (record === undefined) return;
    records.remove(bucket);
    lookup.remove(record);
  }

  function status(key: string, bucket?: RuledBucket): RulesStatus {
    const record = records.find(key, bucket);
    return record === undefined ? NOT_LOADED : statusOf(record, timing);
  }

  return {
    current,
    refresh: (bucket) => refreshRecord(bucket, records.of(bucket)),
    renew,
    learn,
    forget,
    status,
    asked: (key) => records.find(key) !== undefined,
    restore: () => fewAtOnce(records.all(), (record) => storage.restore(record, true)),
  };
}

/** A function that calls `onChange` if a bucket's status differs from the one that was reported last. */
function createReport(
  records: Records,
  timing: Timing,
  onChange: RulesCacheOptions['onChange'],
): (bucket: RuledBucket, record: RulesRecord) => void {
  return (bucket, record) => {
    // The bucket has been removed: report nothing.
    if (!records.isServed(record)) return;
    const status = statusOf(record, timing);
    const { state, lastGood, findings, failure } = status;
    if (bucket.ofStore && lastGood?.outcome === 'missing' && record.reported === '') return;
    const version = [lastGood?.version, ...codesOf(lastGood?.warnings ?? []), ...codesOf(findings)].join(' ');
    const line = [state, lastGood?.outcome, failure?.cause].join(' ');
    const isNew = record.reportedVersion !== version;
    if (!isNew && record.reported === line) return;
    record.reported = line;
    record.reportedVersion = version;
    onChange?.(bucket, status, isNew);
  };
}

/** Without the places: they can change although the rules do not. */
const codesOf = (faults: readonly Fault[]): readonly string[] => [
  ...new Set(faults.flatMap(({ code }) => code ?? [])),
];

/** For callers without `waitUntil`: the load records its own failure. */
const unwaited: Background = (work) => void work.catch(() => {});
