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

/** What one bucket's loads have brought so far. Changed by the ledger alone; whoever forgets it, forgets all of it. */
export interface Account {
  readonly key: string;
  lastGood: LastGood | null;
  failure: LoadFailure | null;
  /** What that source gave with `lastGood`. */
  validators: { readonly source: Source; readonly given: Validators } | null;
  /** The rules were taken from the keep, and no load has confirmed them. */
  unconfirmed: boolean;
  /** The keep has been asked, and had an answer. */
  asked: boolean;
  /** The `confirmedAt` of what the keep holds, or should. */
  keptAt: number | null;
  /** The last write failed, in part at least. */
  unwritten: boolean;
}

export const openAccount = (key: string): Account => ({
  key,
  lastGood: null,
  failure: null,
  validators: null,
  unconfirmed: false,
  asked: false,
  keptAt: null,
  unwritten: false,
});

/** What is kept is written anew once it has aged by this part of `maxStale`, though its version is the same. */
const RENEWAL_PART = 10;
const RENEWAL_WITHOUT_LIMIT = 86_400_000;

/**
 * Writes down what every bucket's loads brought: the last good rules, and the failures since. Accounts live apart from
 * the LRU of compiled rules, so that eviction can't lose them (promise 2).
 */
export function createLedger({ maxStale, keep, now }: LedgerOptions) {
  const tooOld = (confirmedAt: number): boolean => maxStale > 0 && now() - confirmedAt > maxStale;

  function fail(account: Account, { cause, cure }: { readonly cause: string; readonly cure: string }): void {
    account.failure = { cause, cure, at: now(), count: (account.failure?.count ?? 0) + 1 };
  }

  /**
   * Takes an answer as the last good one, to be kept where it `outlives` the process. `before` is what was known when
   * it was asked for: where others have told of newer rules since, it is overtaken, and must not put them back.
   */
  async function confirm(
    account: Account,
    source: Source,
    before: LastGood | null,
    loaded: Exclude<Loaded, { outcome: 'unknown' }>,
    outlives: boolean,
  ): Promise<'changed' | 'same' | 'overtaken'> {
    const found = loaded.outcome === 'unchanged' ? before : await goodFrom(loaded);
    if (account.lastGood !== before) return 'overtaken';
    if (found === null) {
      fail(account, { cause: `${source.name} answered "unchanged" to nothing`, cure: 'Mend the source.' });
      return 'same';
    }
    account.failure = null;
    account.unconfirmed = false;
    account.validators = validatorsAfter(account, source, loaded);
    const same = before !== null && before.version === found.version;
    const good = { ...found, loadedAt: same ? before.loadedAt : found.loadedAt, confirmedAt: now() };
    account.lastGood = good;
    if (outlives) store(account, good, same);
    return same ? 'same' : 'changed';
  }

  async function goodFrom(loaded: Exclude<Loaded, { outcome: 'unknown' | 'unchanged' }>): Promise<LastGood> {
    const { ruleSet, warnings } = loaded.outcome === 'rules' ? loaded : { ruleSet: NO_RULES, warnings: [] };
    const at = now();
    const version = await versionOf(ruleSet, loaded.outcome);
    return { outcome: loaded.outcome, ruleSet, version, warnings, loadedAt: at, confirmedAt: at };
  }

  function store(account: Account, good: LastGood, same: boolean): void {
    if (keep === undefined) return;
    const renewal = maxStale > 0 ? maxStale / RENEWAL_PART : RENEWAL_WITHOUT_LIMIT;
    const young = same && account.keptAt !== null && good.confirmedAt - account.keptAt < renewal;
    if (young && !account.unwritten) return;
    if (!young) account.keptAt = good.confirmedAt;
    account.unwritten = false;
    void keep.write(account.key, good, young).then((written) => {
      if (!written) account.unwritten = true;
    });
  }

  /** The same as `recall`, the first time a bucket is asked for; false at once where there is nothing to ask. */
  function recallOnce(account: Account): Promise<boolean> | false {
    if (keep === undefined || account.asked) return false;
    return recall(account);
  }

  /** Takes what is kept, if it is of use and newer than what is known. */
  async function recall(account: Account): Promise<boolean> {
    account.asked = true;
    const found = (await keep?.read(account.key)) ?? null;
    const known = account.lastGood;
    if (found === null) {
      // It may have been away: what it has is asked for again.
      account.asked = false;
      return false;
    }
    // A clock that was ahead must not make rules good for longer.
    const kept = { ...found, confirmedAt: Math.min(found.confirmedAt, now()) };
    if (tooOld(kept.confirmedAt)) return false;
    if (known !== null && known.confirmedAt >= kept.confirmedAt) return false;
    account.lastGood = kept;
    account.keptAt = kept.confirmedAt;
    account.unwritten = false;
    account.validators = null;
    if (known === null) account.unconfirmed = true;
    return true;
  }

  function status({ lastGood, failure, unconfirmed }: Account): RulesStatus {
    return { state: stateOf(lastGood, failure, unconfirmed), lastGood, failure };
  }

  function stateOf(
    good: LastGood | null,
    failure: LoadFailure | null,
    unconfirmed: boolean,
  ): RulesStatus['state'] {
    if (good === null) return failure === null ? 'not_loaded' : 'unavailable';
    if (tooOld(good.confirmedAt)) return 'unavailable';
    return failure === null && !unconfirmed ? 'fresh' : 'stale';
  }

  return { confirm, fail, recallOnce, recall, status, tooOld };
}

/** What the source gave with the rules that are known; not what another source gave. */
export const validatorsOf = ({ validators }: Account, source: Source): Validators | undefined =>
  validators?.source === source ? validators.given : undefined;

function validatorsAfter(
  { validators }: Account,
  source: Source,
  loaded: Exclude<Loaded, { outcome: 'unknown' }>,
): Account['validators'] {
  if (loaded.outcome === 'none' || loaded.outcome === 'missing') return null;
  if (loaded.validators !== undefined) return { source, given: loaded.validators };
  return loaded.outcome === 'unchanged' ? validators : null;
}
