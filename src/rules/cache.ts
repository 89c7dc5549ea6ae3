import { LRUCache } from 'lru-cache';
import {
  type Behaviour,
  type CompiledRules,
  compileRules,
  missingBucket,
  unavailableRules,
} from '../cors/compile.ts';
import type { Keep } from './keep.ts';
import { createLedger, type LastGood, type RulesStatus } from './ledger.ts';
import { loadOnce } from './load.ts';
import type { Source } from './source.ts';

/** One bucket, as far as its rules are concerned. Another object under the same name is another configuration. */
export interface RuledBucket {
  readonly name: string;
  /**
   * Tells apart buckets that share a name and not a source: in one process one after the other, and in several that
   * share their rules. What is known of rules is known under it; the name unless given.
   */
  readonly key?: string;
  readonly source: Source;
  readonly behaviour: Behaviour;
}

export const keyOf = ({ key, name }: RuledBucket): string => key ?? name;

/** The compiled rules that decide requests now, and the version that they came from (null while unavailable). */
export interface RulesInForce {
  readonly rules: CompiledRules;
  readonly version: string | null;
}

/** Takes work that outlives the request that began it. */
export type Background = (work: Promise<unknown>) => void;

export interface RulesCache {
  /**
   * The rules to decide by now. A promise only while a first load is under way, or one that follows a change
   * somebody has just made; never for a refresh, which `background` takes.
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
  /** By the bucket's key. */
  status(key: string): RulesStatus;
}

export interface RulesCacheOptions {
  /** Milliseconds that loaded rules are served without asking again. */
  readonly ttl: number;
  /** Milliseconds after the last confirmation until last good rules are given up; 0: never. */
  readonly maxStale: number;
  /** Where last good rules outlive the process. */
  readonly keep?: Keep;
  /** Called when a load brings another version or state, or fails for another cause than the one before. */
  readonly onChange?: (bucket: RuledBucket, status: RulesStatus) => void;
  /** Called when a load, and nobody else's, brings a version. */
  readonly onVersion?: (bucket: RuledBucket, version: string) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

const BUCKETS_HELD = 10_000;
const BACK_OFF_FIRST = 1_000;
const BACK_OFF_CEILING = 60_000;

interface Held extends RulesInForce {
  readonly bucket: RuledBucket;
  readonly outcome: LastGood['outcome'] | null;
  readonly unavailable: RulesInForce;
  readonly confirmedAt: number;
}

/**
 * Keeps the compiled rules of many buckets fresh. Expired rules are served while one load per bucket runs;
 * a failed load leaves the last good ones in force and is tried again after a pause, not by every request
 * (promise 2).
 */
export function createRulesCache(options: RulesCacheOptions): RulesCache {
  const { maxStale, now = Date.now } = options;
  const ledger = createLedger({ maxStale, now, ...(options.keep !== undefined && { keep: options.keep }) });
  const told = new Map<string, string>();
  const renewing = new Map<string, Promise<RulesInForce>>();
  /** Loads under way, and the version last taken from others. */
  const loading = new Map<string, number>();
  const learned = new Map<string, string>();
  // Rules are given up after maxStale, so they are asked for at least as often.
  const ttl = maxStale > 0 ? Math.min(options.ttl, maxStale) : options.ttl;

  const held = new LRUCache<string, Held, RuledBucket>({
    max: BUCKETS_HELD,
    ttl,
    ttlResolution: 0,
    perf: { now },
    allowStale: true,
    noDeleteOnStaleGet: true,
    // An evicted bucket's waiters still get the rules that are on their way to them.
    ignoreFetchAbort: true,
    fetchMethod: async (_key, before, { options: fetching, context: bucket }) => {
      // What was kept is served at once, and counts as expired: the store is asked next.
      const recalling = isLocal(bucket) ? false : ledger.recallOnce(keyOf(bucket));
      fetching.ttl = recalling && (await recalling) ? 1 : jittered(await load(bucket));
      tellChange(bucket);
      return hold(bucket, before);
    },
  });

  /** Loads and takes down what came; gives back the milliseconds until the next load. */
  async function load(bucket: RuledBucket): Promise<number> {
    const { source } = bucket;
    const key = keyOf(bucket);
    const began = learned.get(key);
    loading.set(key, (loading.get(key) ?? 0) + 1);
    const loaded = await loadOnce(source, ledger.validatorsOf(key, source));
    loading.set(key, (loading.get(key) ?? 1) - 1);
    // Others have told of newer rules meanwhile: what comes late must not put them back.
    if (learned.get(key) !== began) return 1;
    if (loaded.outcome === 'unknown') ledger.fail(key, loaded);
    else if ((await ledger.confirm(key, source, loaded, !isLocal(bucket))) && !isLocal(bucket)) {
      options.onVersion?.(bucket, ledger.status(key).lastGood?.version ?? '');
    }
    const { failure } = ledger.status(key);
    return failure === null ? ttl : backOff(failure.count);
  }

  function tellChange(bucket: RuledBucket): void {
    const status = ledger.status(keyOf(bucket));
    const { state, lastGood, failure } = status;
    const tale = [state, lastGood?.outcome, lastGood?.version, failure?.cause].join(' ');
    if (told.get(keyOf(bucket)) === tale) return;
    told.set(keyOf(bucket), tale);
    options.onChange?.(bucket, status);
  }

  /** Compiles the last good rules; the same version for the same bucket stays the same object. */
  function hold(bucket: RuledBucket, before: Held | undefined): Held {
    const { lastGood } = ledger.status(keyOf(bucket));
    if (lastGood === null) return nothingHeld(bucket);
    const { outcome, version, confirmedAt } = lastGood;
    const same = before?.bucket === bucket && before.version === version && before.outcome === outcome;
    if (same) return { ...before, confirmedAt };
    const rules = compileGood(lastGood, bucket.behaviour);
    return { ...nothingHeld(bucket), outcome, rules, version, confirmedAt };
  }

  const inForce = (found: Held): RulesInForce =>
    ledger.tooOld(found.confirmedAt) ? found.unavailable : found;

  async function fetched(bucket: RuledBucket, forceRefresh = false): Promise<RulesInForce> {
    const options = { context: bucket, allowStale: false, forceRefresh };
    const found = await held.forceFetch(keyOf(bucket), options);
    // What was found may be the bucket's as it was configured before: its behaviour is not this one's.
    return found.bucket === bucket ? inForce(found) : reconfigured(bucket);
  }

  /** What is known, compiled for the bucket as it is configured now; its source is asked next. */
  function reconfigured(bucket: RuledBucket): RulesInForce {
    const found = hold(bucket, undefined);
    held.set(keyOf(bucket), found, { ttl: 1 });
    return inForce(found);
  }

  function current(
    bucket: RuledBucket,
    background: Background = unwaited,
  ): RulesInForce | Promise<RulesInForce> {
    const renewed = renewing.get(keyOf(bucket));
    if (renewed !== undefined) return renewed;
    const found = held.get(keyOf(bucket));
    if (found?.bucket !== bucket) return knownOrFetched(bucket);
    if (held.getRemainingTTL(keyOf(bucket)) <= 0) {
      // Given up for age alone, after an idle time: wait for the load, as for a first one.
      const { failure } = ledger.status(keyOf(bucket));
      if (ledger.tooOld(found.confirmedAt) && failure === null) return fetched(bucket);
      background(held.fetch(keyOf(bucket), { context: bucket }));
    }
    return inForce(found);
  }

  /**
   * Nothing is compiled for the bucket as it is configured now. Where rules are known, since it was only evicted or
   * given other options, they are compiled, and the source is asked soon; else there is a first load to wait for.
   */
  function knownOrFetched(bucket: RuledBucket): RulesInForce | Promise<RulesInForce> {
    return ledger.status(keyOf(bucket)).lastGood === null ? fetched(bucket) : reconfigured(bucket);
  }

  async function refresh(bucket: RuledBucket): Promise<RulesInForce> {
    if ((loading.get(keyOf(bucket)) ?? 0) > 0) await fetched(bucket);
    return fetched(bucket, true);
  }

  function renew(bucket: RuledBucket): Promise<RulesInForce> {
    const renewed = refresh(bucket).finally(() => {
      if (renewing.get(keyOf(bucket)) === renewed) renewing.delete(keyOf(bucket));
    });
    renewing.set(keyOf(bucket), renewed);
    return renewed;
  }

  async function learn(bucket: RuledBucket, version: string): Promise<void> {
    if (isLocal(bucket) || ledger.status(keyOf(bucket)).lastGood?.version === version) return;
    if (await ledger.recall(keyOf(bucket))) {
      learned.set(keyOf(bucket), version);
      held.set(keyOf(bucket), hold(bucket, undefined));
      tellChange(bucket);
    }
    if (ledger.status(keyOf(bucket)).lastGood?.version !== version) await refresh(bucket);
  }

  function forget(bucket: RuledBucket): void {
    const key = keyOf(bucket);
    held.delete(key);
    for (const map of [told, learned, loading]) map.delete(key);
    ledger.forget(key);
  }

  return { current, refresh, renew, learn, forget, status: ledger.status };
}

/** A file or a document of this process's own: it is kept where it is, and no other process has a say in it. */
const isLocal = ({ source }: RuledBucket): boolean => source.kind === 'file' || source.kind === 'inline';

function nothingHeld(bucket: RuledBucket): Held {
  const unavailable = { rules: unavailableRules(bucket.behaviour), version: null };
  return { ...unavailable, bucket, outcome: null, unavailable, confirmedAt: Number.POSITIVE_INFINITY };
}

function compileGood({ outcome, ruleSet }: LastGood, behaviour: Behaviour): CompiledRules {
  return outcome === 'missing' ? missingBucket(behaviour) : compileRules(ruleSet, behaviour);
}

/** A load tells its own failure; nobody waits for this one. */
const unwaited: Background = (work) => void work.catch(() => {});

const backOff = (failed: number): number => Math.min(BACK_OFF_FIRST * 2 ** (failed - 1), BACK_OFF_CEILING);

/** A fleet that started together must not ask together for ever. */
const jittered = (milliseconds: number): number =>
  Math.max(1, Math.round(milliseconds * (0.9 + Math.random() * 0.2)));

/** Ten thousand loads at once would use up the process's connections. */
const AT_ONCE = 32;

/** Loads anew what has been loaded before; a bucket that nobody has asked for is loaded when somebody does. */
export async function refreshLoaded(cache: RulesCache, buckets: readonly RuledBucket[]): Promise<void> {
  const left = buckets.filter((bucket) => cache.status(keyOf(bucket)).state !== 'not_loaded');
  const worker = async () => {
    for (let bucket = left.pop(); bucket !== undefined; bucket = left.pop()) await cache.refresh(bucket);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
