import { LRUCache } from 'lru-cache';
import { type CompiledEntry, compileEntry, type RulesInForce } from './in-force.ts';
import type { Load } from './load.ts';
import { isTooOld, type RulesRecord, standingOf, type Timing } from './record.ts';
import type { Records } from './records.ts';
import type { RuledBucket } from './ruled-bucket.ts';
import { mustWait } from './standing.ts';

/** Takes work that outlives the request that started it: `waitUntil` on Workers. */
export type Background = (work: Promise<unknown>) => void;

/** The rules in force for a request, and whether the request has to wait for them. */
export interface Lookup {
  current(
    bucket: RuledBucket,
    record: RulesRecord,
    background: Background,
  ): RulesInForce | Promise<RulesInForce>;
  /** Joins the running load or starts one. Resolves to the rules in force after it. */
  loaded(bucket: RuledBucket, record: RulesRecord, isRefresh: boolean): Promise<RulesInForce>;
  /** Removes the bucket's compiled rules. */
  remove(record: RulesRecord): void;
}

export interface LookupOptions {
  readonly records: Records;
  readonly load: Load;
  readonly timing: Timing;
  /** Called after each load. */
  readonly onLoad: (bucket: RuledBucket, record: RulesRecord) => void;
}

/** Buckets whose compiled rules are cached. Rules of other buckets are compiled again from their records. */
const COMPILED_BUCKETS = 10_000;

export function createLookup({ records, load, timing, onLoad }: LookupOptions): Lookup {
  const entries = new LRUCache<string, CompiledEntry>({ max: COMPILED_BUCKETS });

  const inForce = (entry: CompiledEntry, record: RulesRecord): RulesInForce =>
    isTooOld(record, timing) ? entry.unavailable : entry;

  function compile(bucket: RuledBucket, record: RulesRecord): CompiledEntry {
    const entry = compileEntry(bucket, record.lastGood, entries.peek(record.key));
    // A request in flight for a removed bucket must not replace its successor's entry.
    if (records.isServed(record)) entries.set(record.key, entry);
    return entry;
  }

  /** Compiles the last good rules for this configuration of the bucket; the next request asks the source. */
  function recompile(bucket: RuledBucket, record: RulesRecord): RulesInForce {
    record.due = Math.min(record.due, timing.now() + 1);
    return inForce(compile(bucket, record), record);
  }

  async function runLoad(
    bucket: RuledBucket,
    record: RulesRecord,
    isRefresh: boolean,
  ): Promise<CompiledEntry> {
    try {
      await load(bucket, record, isRefresh);
    } finally {
      record.loading = null;
    }
    onLoad(bucket, record);
    return compile(bucket, record);
  }

  /** One load for each bucket at a time: of two, the older answer could arrive last. */
  function joinLoad(bucket: RuledBucket, record: RulesRecord, isRefresh = false): Promise<CompiledEntry> {
    record.loading ??= runLoad(bucket, record, isRefresh);
    return record.loading;
  }

  async function loaded(bucket: RuledBucket, record: RulesRecord, isRefresh: boolean): Promise<RulesInForce> {
    let entry = await joinLoad(bucket, record, isRefresh);
    // Another caller's load may have asked the source of another configuration of the bucket.
    if (isRefresh && entry.bucket !== bucket) entry = await joinLoad(bucket, record, true);
    return entry.bucket === bucket ? inForce(entry, record) : recompile(bucket, record);
  }

  /**
   * Several requests may await this load, so give it to `background`: Workers cancel the work of a finished request. If
   * the rules came from a stored copy, revalidate them now: a Worker may never get a second request.
   */
  function waitForLoad(
    bucket: RuledBucket,
    record: RulesRecord,
    background: Background,
  ): Promise<RulesInForce> {
    const found = loaded(bucket, record, false);
    background(found.then(() => (record.unconfirmed ? joinLoad(bucket, record) : undefined)));
    return found;
  }

  function current(
    bucket: RuledBucket,
    record: RulesRecord,
    background: Background,
  ): RulesInForce | Promise<RulesInForce> {
    const entry = entries.get(record.key);
    const isReconfigured = entry !== undefined && entry.bucket !== bucket;
    const isDue = timing.now() > record.due;
    const hasNewest = entry?.bucket === bucket && entry.version === record.lastGood?.version;
    // Nearly every request: it makes no object.
    if (hasNewest && !isDue && !isTooOld(record, timing)) return entry;
    const waits =
      mustWait(standingOf(record, timing), timing.maxStale) || (isReconfigured && record.lastGood === null);
    if (waits && (isDue || record.loading !== null)) return waitForLoad(bucket, record, background);
    if (isDue) background(joinLoad(bucket, record));
    // Evicted: the next load is due when it was.
    if (entry === undefined) return inForce(compile(bucket, record), record);
    const isCurrent = !isReconfigured && entry.version === (record.lastGood?.version ?? null);
    return isCurrent ? inForce(entry, record) : recompile(bucket, record);
  }

  return { current, loaded, remove: ({ key }) => entries.delete(key) };
}
