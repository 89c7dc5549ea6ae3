import { NO_RULES, type RuleSet } from '../cors/rule.ts';
import type { Fault } from '../document/fault.ts';
import type { Keep } from './keep.ts';
import type { Loaded, Source, Validators } from './source.ts';
import { versionOf } from './version.ts';

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
  /**
   * `stale`: last good rules stay in force though the last load failed, or none has been made since they were
   * taken from where they are kept. `unavailable`: there are none, or they are too old.
   */
  readonly state: 'not_loaded' | 'fresh' | 'stale' | 'unavailable';
  readonly lastGood: LastGood | null;
  readonly failure: LoadFailure | null;
}

export interface LedgerOptions {
  /** Milliseconds after the last confirmation until last good rules are given up; 0: never. */
  readonly maxStale: number;
  /** Where last good rules outlive the process. */
  readonly keep?: Keep;
  readonly now: () => number;
}

export type Ledger = ReturnType<typeof createLedger>;

/** What is kept is written anew once it has aged by this part of `maxStale`, though its version is the same. */
const RENEWAL_PART = 10;
const RENEWAL_WITHOUT_LIMIT = 86_400_000;

/**
 * Remembers what every bucket's loads brought: the last good rules, and the failures since. They live here and not
 * in the LRU of compiled rules, so that eviction can't lose them (promise 2).
 */
export function createLedger({ maxStale, keep, now }: LedgerOptions) {
  const lastGood = new Map<string, LastGood>();
  const failures = new Map<string, LoadFailure>();
  const validators = new Map<string, { readonly source: Source; readonly given: Validators }>();
  /** Buckets whose rules were taken from the keep, and which no load has confirmed. */
  const unconfirmed = new Set<string>();
  const asked = new Set<string>();
  /** The `confirmedAt` of what the keep holds. */
  const keptAt = new Map<string, number>();

  const tooOld = (confirmedAt: number): boolean => maxStale > 0 && now() - confirmedAt > maxStale;

  function fail(name: string, { cause, cure }: { readonly cause: string; readonly cure: string }): void {
    failures.set(name, { cause, cure, at: now(), count: (failures.get(name)?.count ?? 0) + 1 });
  }

  /** Takes an answer as the last good one, to be kept where it `outlives` the process; true when it is another than before. */
  async function confirm(
    name: string,
    source: Source,
    loaded: Exclude<Loaded, { outcome: 'unknown' }>,
    outlives: boolean,
  ): Promise<boolean> {
    const before = lastGood.get(name);
    const found = loaded.outcome === 'unchanged' ? before : await goodFrom(loaded);
    if (found === undefined) {
      fail(name, { cause: `${source.name} answered "unchanged" to nothing`, cure: 'Mend the source.' });
      return false;
    }
    failures.delete(name);
    unconfirmed.delete(name);
    if (loaded.outcome !== 'unchanged') remember(name, source, loaded);
    const same = before !== undefined && before.version === found.version && before.outcome === found.outcome;
    const good = { ...found, loadedAt: same ? before.loadedAt : found.loadedAt, confirmedAt: now() };
    lastGood.set(name, good);
    if (outlives) store(name, good, same);
    return !same;
  }

  async function goodFrom(loaded: Exclude<Loaded, { outcome: 'unknown' | 'unchanged' }>): Promise<LastGood> {
    const { ruleSet, warnings } = loaded.outcome === 'rules' ? loaded : { ruleSet: NO_RULES, warnings: [] };
    const at = now();
    const version = await versionOf(ruleSet);
    return { outcome: loaded.outcome, ruleSet, version, warnings, loadedAt: at, confirmedAt: at };
  }

  function remember(name: string, source: Source, loaded: Loaded): void {
    if (loaded.outcome === 'rules' && loaded.validators !== undefined) {
      validators.set(name, { source, given: loaded.validators });
    } else {
      validators.delete(name);
    }
  }

  function store(name: string, good: LastGood, same: boolean): void {
    if (keep === undefined) return;
    const renewal = maxStale > 0 ? maxStale / RENEWAL_PART : RENEWAL_WITHOUT_LIMIT;
    const kept = keptAt.get(name);
    if (same && kept !== undefined && good.confirmedAt - kept < renewal) return;
    keptAt.set(name, good.confirmedAt);
    void keep.write(name, good).then((written) => {
      if (!written && keptAt.get(name) === good.confirmedAt) keptAt.delete(name);
    });
  }

  /** The same as `recall`, the first time a bucket is asked for; false at once where there is nothing to ask. */
  function recallOnce(name: string): Promise<boolean> | false {
    if (keep === undefined || asked.has(name)) return false;
    asked.add(name);
    return recall(name);
  }

  /** Takes what is kept, if it is of use and newer than what is known. */
  async function recall(name: string): Promise<boolean> {
    const found = (await keep?.read(name)) ?? null;
    const known = lastGood.get(name);
    if (found === null) {
      // It may have been away: what it has is asked for again.
      asked.delete(name);
      return false;
    }
    // A clock that was ahead must not make rules good for longer.
    const kept = { ...found, confirmedAt: Math.min(found.confirmedAt, now()) };
    if (tooOld(kept.confirmedAt)) return false;
    if (known !== undefined && known.confirmedAt >= kept.confirmedAt) return false;
    lastGood.set(name, kept);
    keptAt.set(name, kept.confirmedAt);
    validators.delete(name);
    if (known === undefined) unconfirmed.add(name);
    return true;
  }

  function status(name: string): RulesStatus {
    const good = lastGood.get(name) ?? null;
    const failure = failures.get(name) ?? null;
    return { state: stateOf(name, good, failure), lastGood: good, failure };
  }

  function stateOf(name: string, good: LastGood | null, failure: LoadFailure | null): RulesStatus['state'] {
    if (good === null) return failure === null ? 'not_loaded' : 'unavailable';
    if (tooOld(good.confirmedAt)) return 'unavailable';
    return failure === null && !unconfirmed.has(name) ? 'fresh' : 'stale';
  }

  /** What the source gave with the rules that are known; not what another source gave. */
  function validatorsOf(name: string, source: Source): Validators | undefined {
    const known = validators.get(name);
    return known?.source === source ? known.given : undefined;
  }

  function forget(name: string): void {
    for (const map of [lastGood, failures, validators, keptAt, unconfirmed, asked]) map.delete(name);
  }

  return { confirm, fail, forget, recallOnce, recall, status, tooOld, validatorsOf };
}
