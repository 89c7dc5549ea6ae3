import { LRUCache } from 'lru-cache';
import {
  type Behaviour,
  type CompiledRules,
  compileRules,
  missingBucket,
  unavailableRules,
} from '../cors/compile.ts';
import { NO_RULES, type RuleSet } from '../cors/rule.ts';
import type { Fault } from '../document/fault.ts';
import type { Loaded, Source } from './source.ts';
import { versionOf } from './version.ts';

/** One bucket, as far as its rules are concerned. */
export interface RuledBucket {
  readonly name: string;
  readonly source: Source;
  readonly behaviour: Behaviour;
}

/** The compiled rules that decide requests now, and the version that they came from (null while unavailable). */
export interface RulesInForce {
  readonly rules: CompiledRules;
  readonly version: string | null;
}

/** The last rules that a source gave as an answer. Times are epoch milliseconds. */
export interface LastGood {
  readonly outcome: 'rules' | 'none' | 'missing';
  readonly ruleSet: RuleSet;
  readonly version: string;
  readonly warnings: readonly Fault[];
  /** When this version was first seen. */
  readonly loadedAt: number;
  /** When a load last found it. */
  readonly confirmedAt: number;
}

export interface LoadFailure {
  readonly cause: string;
  readonly cure: string;
  readonly at: number;
  /** Failed loads in a row. */
  readonly count: number;
}

export interface RulesStatus {
  /** `stale`: the last load failed and the last good rules stay in force. `unavailable`: there are none, or too old. */
  readonly state: 'not_loaded' | 'fresh' | 'stale' | 'unavailable';
  readonly lastGood: LastGood | null;
  readonly failure: LoadFailure | null;
}

export interface RulesCache {
  /** The rules to decide by now; a promise only when there are none yet and a first load is under way. */
  current(bucket: RuledBucket): RulesInForce | Promise<RulesInForce>;
  /** Loads anew, also when a load is under way that may have begun before what the caller knows of. */
  refresh(bucket: RuledBucket): Promise<RulesInForce>;
  status(name: string): RulesStatus;
}

export interface RulesCacheOptions {
  /** Milliseconds that loaded rules are served without asking again. */
  readonly ttl: number;
  /** Milliseconds after the last confirmation until last good rules are given up; 0: never. */
  readonly maxStale: number;
  /** Called when a load brings another version or state, or fails for another cause than the one before. */
  readonly onChange?: (bucket: RuledBucket, status: RulesStatus) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** A load that takes longer has failed; nobody waits longer than this for first rules. */
export const LOAD_TIMEOUT = 5_000;
const BUCKETS_HELD = 10_000;
const BACK_OFF_FIRST = 1_000;
const BACK_OFF_CEILING = 60_000;

interface Held extends RulesInForce {
  readonly unavailable: RulesInForce;
  readonly confirmedAt: number;
}

/**
 * Keeps the compiled rules of many buckets fresh. Expired rules are served while one load per bucket runs;
 * a failed load leaves the last good ones in force and is tried again after a pause, not by every request
 * (promise 2). Last good rules live outside the LRU, so that eviction can't lose them.
 */
export function createRulesCache(options: RulesCacheOptions): RulesCache {
  const now = options.now ?? Date.now;
  const lastGood = new Map<string, LastGood>();
  const failures = new Map<string, LoadFailure>();
  const told = new Map<string, string>();
  // Rules are given up after maxStale, so they are asked for at least as often.
  const ttl = options.maxStale > 0 ? Math.min(options.ttl, options.maxStale) : options.ttl;

  const held = new LRUCache<string, Held, RuledBucket>({
    max: BUCKETS_HELD,
    ttl,
    ttlResolution: 0,
    perf: { now },
    allowStale: true,
    noDeleteOnStaleGet: true,
    // An evicted bucket's waiters still get the rules that are on their way to them.
    ignoreFetchAbort: true,
    fetchMethod: async (name, _stale, { options: fetching, context: bucket }) => {
      const loaded = await attempt(bucket.source);
      if (loaded.outcome === 'unknown') fail(name, loaded);
      else await confirm(name, loaded);
      fetching.ttl = jittered(loaded.outcome === 'unknown' ? backOff(failures.get(name)?.count ?? 1) : ttl);
      tellChange(bucket);
      return hold(bucket);
    },
  });

  function fail(name: string, { cause, cure }: Loaded & { outcome: 'unknown' }): void {
    failures.set(name, { cause, cure, at: now(), count: (failures.get(name)?.count ?? 0) + 1 });
  }

  async function confirm(name: string, loaded: Exclude<Loaded, { outcome: 'unknown' }>): Promise<void> {
    failures.delete(name);
    const { ruleSet, warnings } = loaded.outcome === 'rules' ? loaded : { ruleSet: NO_RULES, warnings: [] };
    const before = lastGood.get(name);
    const version = await versionOf(ruleSet);
    const same = before !== undefined && before.version === version && before.outcome === loaded.outcome;
    const confirmedAt = now();
    const loadedAt = same ? before.loadedAt : confirmedAt;
    lastGood.set(name, { outcome: loaded.outcome, ruleSet, version, warnings, loadedAt, confirmedAt });
  }

  function tellChange(bucket: RuledBucket): void {
    const now = status(bucket.name);
    const tale = [now.state, now.lastGood?.outcome, now.lastGood?.version, now.failure?.cause].join(' ');
    if (told.get(bucket.name) === tale) return;
    told.set(bucket.name, tale);
    options.onChange?.(bucket, now);
  }

  function hold(bucket: RuledBucket): Held {
    const good = lastGood.get(bucket.name);
    const unavailable = { rules: unavailableRules(bucket.behaviour), version: null };
    if (good === undefined) return { ...unavailable, unavailable, confirmedAt: Number.POSITIVE_INFINITY };
    const { version, confirmedAt } = good;
    return { rules: compileGood(good, bucket.behaviour), version, unavailable, confirmedAt };
  }

  const tooOld = (confirmedAt: number): boolean =>
    options.maxStale > 0 && now() - confirmedAt > options.maxStale;

  const load = async (bucket: RuledBucket): Promise<RulesInForce> => {
    const loaded = await held.forceFetch(bucket.name, { context: bucket, allowStale: false });
    return tooOld(loaded.confirmedAt) ? loaded.unavailable : loaded;
  };

  function current(bucket: RuledBucket): RulesInForce | Promise<RulesInForce> {
    const found = held.get(bucket.name);
    if (found === undefined) return load(bucket);
    const expired = tooOld(found.confirmedAt);
    if (held.getRemainingTTL(bucket.name) <= 0) {
      // Given up for age alone, after an idle time: wait for the load, as for a first one.
      if (expired && !failures.has(bucket.name)) return load(bucket);
      void held.fetch(bucket.name, { context: bucket });
    }
    return expired ? found.unavailable : found;
  }

  async function refresh(bucket: RuledBucket): Promise<RulesInForce> {
    await held.fetch(bucket.name, { context: bucket, allowStale: false });
    await held.fetch(bucket.name, { context: bucket, allowStale: false, forceRefresh: true });
    return current(bucket);
  }

  function status(name: string): RulesStatus {
    const good = lastGood.get(name) ?? null;
    const failure = failures.get(name) ?? null;
    return { state: stateOf(good, failure, tooOld), lastGood: good, failure };
  }

  return { current, refresh, status };
}

function stateOf(
  good: LastGood | null,
  failure: LoadFailure | null,
  tooOld: (confirmedAt: number) => boolean,
) {
  if (good === null) return failure === null ? 'not_loaded' : 'unavailable';
  if (failure === null) return 'fresh';
  return tooOld(good.confirmedAt) ? 'unavailable' : 'stale';
}

function compileGood({ outcome, ruleSet }: LastGood, behaviour: Behaviour): CompiledRules {
  return outcome === 'missing' ? missingBucket(behaviour) : compileRules(ruleSet, behaviour);
}

/** Loads once, within the time-out, whatever the source does. */
async function attempt(source: Source): Promise<Loaded> {
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<Loaded>((resolve) => {
    timer = setTimeout(() => {
      late.abort();
      resolve({
        outcome: 'unknown',
        cause: `${source.name} did not answer within ${LOAD_TIMEOUT / 1000} seconds`,
        cure: 'Check that the source is reachable from here.',
      });
    }, LOAD_TIMEOUT);
  });
  try {
    return await Promise.race([loadSafely(source, late.signal), limit]);
  } finally {
    clearTimeout(timer);
  }
}

async function loadSafely(source: Source, signal: AbortSignal): Promise<Loaded> {
  try {
    return await source.load(signal);
  } catch (error) {
    return unreadable(source, error);
  }
}

function unreadable(source: Source, error: unknown): Loaded {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const detail = cause instanceof Error ? ` (${cause.message})` : '';
  return {
    outcome: 'unknown',
    cause: `${source.name} could not be read: ${message}${detail}`,
    cure: 'Check the address and that the source is reachable from here.',
  };
}

const backOff = (failed: number): number => Math.min(BACK_OFF_FIRST * 2 ** (failed - 1), BACK_OFF_CEILING);

/** A fleet that started together must not ask together for ever. */
const jittered = (milliseconds: number): number =>
  Math.max(1, Math.round(milliseconds * (0.9 + Math.random() * 0.2)));
