import { LRUCache } from 'lru-cache';
import { fewAtOnce } from './batch.ts';
import { monotonic } from './clock.ts';
import { type Held, hold, isLocal, keyOf, type RuledBucket, type RulesInForce } from './in-force.ts';
import { type Keep, within } from './keep.ts';
import { createLedger, openAccount, type RulesStatus } from './ledger.ts';
import { LOAD_TIMEOUT } from './load.ts';
import { createLoader, type Fetching, type Known } from './loader.ts';

/** Takes work that outlives the request that began it. */
export type Background = (work: Promise<unknown>) => void;

export interface RulesCache {
  /**
   * The rules to decide by now. A promise only while a first load is under way, or one that follows a change
   * somebody has just made; never for a refresh. `background` takes every load.
   */
  current(bucket: RuledBucket, background?: Background): RulesInForce | Promise<RulesInForce>;
  /** Loads anew, also when a load is under way that may have begun before what the caller knows of. */
  refresh(bucket: RuledBucket): Promise<RulesInForce>;
  /** The same after a change that a client was told has been made: requests wait for it. */
  renew(bucket: RuledBucket): Promise<RulesInForce>;
  /** Somebody else has loaded a version: takes it from where it is kept, or loads it. */
  learn(bucket: RuledBucket, version: string): Promise<void>;
  /** The bucket is served no more: nothing of it is remembered here. What is kept elsewhere stays. */
  forget(bucket: RuledBucket): void;
  /** By the bucket's key; given the bucket too, what it has learned since it was forgotten. */
  status(key: string, bucket?: RuledBucket): RulesStatus;
  /** Whether anybody has asked for the bucket's rules yet, also where they are still on their way. */
  asked(key: string): boolean;
  /** Stores the last good rules of all buckets where they are missing from where they outlive the process. */
  restore(): Promise<void>;
}

export interface RulesCacheOptions {
  /** Milliseconds that loaded rules are served without asking again. */
  readonly ttl: number;
  /** Milliseconds after the last confirmation until last good rules are given up; 0: never. */
  readonly maxStale: number;
  /** Where last good rules outlive the process. */
  readonly keeps?: readonly Keep[];
  /** Called when a load brings another version or state, or fails for another cause than the one before. */
  readonly onChange?: (bucket: RuledBucket, status: RulesStatus) => void;
  /** Called when a load, and nobody else's, brings a version. */
  readonly onVersion?: (bucket: RuledBucket, version: string) => void;
  /** Milliseconds of a clock that is never set; ages and times to live go by it. */
  readonly now?: () => number;
  /** Epoch milliseconds, as they are stored and shown. */
  readonly wallClock?: () => number;
}

const BUCKETS_HELD = 10_000;

const NOT_LOADED: RulesStatus = { state: 'not_loaded', lastGood: null, failure: null, age: null, due: 0 };

/**
 * Keeps the compiled rules of many buckets fresh. Expired rules are served while one load per bucket runs;
 * a failed load leaves the last good ones in force and is tried again after a pause, not by every request
 * (promise 2).
 */
export function createRulesCache(options: RulesCacheOptions): RulesCache {
  const { maxStale, keeps = [], now = monotonic, wallClock = Date.now } = options;
  const ledger = createLedger({ maxStale, keeps, now, wallClock });
  const buckets = new Map<string, Known>();
  /** Those forgotten that a request in flight still has: what they learn is nobody else's. */
  const forgotten = new WeakMap<RuledBucket, Known>();
  // Rules are given up after maxStale, so they are asked for well before.
  const ttl = maxStale > 0 ? Math.min(options.ttl, maxStale / 2) : options.ttl;

  const load = createLoader({ ledger, ttl, onVersion: options.onVersion ?? (() => {}), now });

  const held = new LRUCache<string, Held, Fetching>({
    max: BUCKETS_HELD,
    ttl,
    ttlResolution: 0,
    // The cache takes an entry that began at 0 for one without a time to live.
    perf: { now: () => now() + 1 },
    allowStale: true,
    noDeleteOnStaleGet: true,
    // An evicted bucket's waiters still get the rules that are on their way to them.
    ignoreFetchAbort: true,
    fetchMethod: async (_key, before, { options: fetching, context }) => {
      const { bucket, known } = context;
      fetching.ttl = await load(context);
      tellChange(bucket, known);
      return hold(bucket, known.account.lastGood, before);
    },
  });

  function knownOf(bucket: RuledBucket): Known {
    const key = keyOf(bucket);
    let known = forgotten.get(bucket) ?? buckets.get(key);
    if (known === undefined) {
      known = { account: openAccount(key), told: '', loading: null, renewing: null };
      buckets.set(key, known);
    }
    return known;
  }

  function tellChange(bucket: RuledBucket, known: Known): void {
    // Of a bucket that is served no more there is nothing to tell.
    if (buckets.get(keyOf(bucket)) !== known) return;
    const status = ledger.status(known.account);
    const { state, lastGood, failure } = status;
    const tale = [state, lastGood?.outcome, lastGood?.version, failure?.cause].join(' ');
    if (known.told === tale) return;
    known.told = tale;
    options.onChange?.(bucket, status);
  }

  const tooOld = ({ account }: Known): boolean => ledger.tooOld(account);

  const inForce = (found: Held, known: Known): RulesInForce => (tooOld(known) ? found.unavailable : found);

  /** Given up for age alone, after an idle time: the load is waited for, as a first one. */
  const idledAway = (known: Known): boolean => known.account.failure === null && tooOld(known);

  async function fetched(
    bucket: RuledBucket,
    known: Known,
    anew = false,
    forceRefresh = anew,
  ): Promise<RulesInForce> {
    const context = { bucket, known, anew };
    const found = await held.forceFetch(keyOf(bucket), { context, allowStale: false, forceRefresh });
    if (found.bucket === bucket) return inForce(found, known);
    // It is the bucket's as it was configured before: neither its behaviour nor what it knows is this one's.
    const { lastGood, failure } = known.account;
    return lastGood === null && failure === null
      ? fetched(bucket, known, anew, true)
      : reconfigured(bucket, known);
  }

  /** What is known, compiled for the bucket as it is configured now; its source is asked next. */
  function reconfigured(bucket: RuledBucket, known: Known): RulesInForce {
    const found = hold(bucket, known.account.lastGood, undefined);
    held.set(keyOf(bucket), found, { ttl: 1 });
    return inForce(found, known);
  }

  function current(
    bucket: RuledBucket,
    background: Background = unwaited,
  ): RulesInForce | Promise<RulesInForce> {
    const known = knownOf(bucket);
    const { renewing } = known;
    return renewing === null
      ? unwaitedFor(bucket, known, background)
      : renewing.then(() => unwaitedFor(bucket, known, background));
  }

  function unwaitedFor(
    bucket: RuledBucket,
    known: Known,
    background: Background,
  ): RulesInForce | Promise<RulesInForce> {
    const found = held.get(keyOf(bucket));
    const { lastGood } = known.account;
    // It was evicted or given other options, or a load ended beside what others told: what is known is compiled anew.
    if (found?.bucket !== bucket || found.version !== (lastGood?.version ?? null)) {
      return idledAway(known) || lastGood === null
        ? waitedFor(bucket, known, background)
        : reconfigured(bucket, known);
    }
    if (held.getRemainingTTL(keyOf(bucket)) <= 0) {
      if (idledAway(known)) return waitedFor(bucket, known, background);
      // Of the load itself: with a stale value it would be of that, and Workers would drop the load.
      background(held.fetch(keyOf(bucket), { context: { bucket, known, anew: false }, allowStale: false }));
    }
    return inForce(found, known);
  }

  /**
   * Others wait for the same load, and must not when the request that began it takes it along: Workers end what is not
   * theirs. Rules that were kept are checked against the source at once: in a Worker there may be no second request.
   */
  function waitedFor(bucket: RuledBucket, known: Known, background: Background): Promise<RulesInForce> {
    const load = fetched(bucket, known);
    background(
      load.then((found) => (known.account.unconfirmed ? fetched(bucket, known, false, true) : found)),
    );
    return load;
  }

  async function refreshKnown(bucket: RuledBucket, known: Known): Promise<RulesInForce> {
    // It may have begun before what the caller knows of; what is held follows a moment after.
    if (known.loading !== null) await known.loading.then(() => fetched(bucket, known));
    return fetched(bucket, known, true);
  }

  const refresh = (bucket: RuledBucket): Promise<RulesInForce> => refreshKnown(bucket, knownOf(bucket));

  async function renew(bucket: RuledBucket): Promise<RulesInForce> {
    const known = knownOf(bucket);
    const refreshed = refreshKnown(bucket, known);
    // A load before it may hang: requests wait no longer than for a first one.
    const renewing = within(LOAD_TIMEOUT, refreshed)
      .catch(() => {})
      .finally(() => {
        if (known.renewing === renewing) known.renewing = null;
      });
    known.renewing = renewing;
    return refreshed;
  }

  async function learn(bucket: RuledBucket, version: string): Promise<void> {
    const known = knownOf(bucket);
    const { account } = known;
    if (isLocal(bucket) || account.lastGood?.version === version) return;
    if (await ledger.recall(account)) tellChange(bucket, known);
    if (account.lastGood?.version !== version) await refreshKnown(bucket, known);
  }

  function forget(bucket: RuledBucket): void {
    const known = buckets.get(keyOf(bucket));
    if (known !== undefined) forgotten.set(bucket, known);
    buckets.delete(keyOf(bucket));
    held.delete(keyOf(bucket));
  }

  function status(key: string, bucket?: RuledBucket): RulesStatus {
    const known = (bucket && forgotten.get(bucket)) ?? buckets.get(key);
    return known === undefined ? NOT_LOADED : ledger.status(known.account);
  }

  const restore = (): Promise<void> =>
    fewAtOnce([...buckets.values()], ({ account }) => ledger.restore(account, true));

  return { current, refresh, renew, learn, forget, status, restore, asked: (key) => buckets.has(key) };
}

/** A load tells its own failure; nobody waits for this one. */
const unwaited: Background = (work) => void work.catch(() => {});
