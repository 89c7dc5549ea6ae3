import { NO_RULES, type RuleSet } from '../cors/rule.ts';
import type { Fault } from '../document/fault.ts';
import { createCopies } from './copies.ts';
import type { Keep } from './keep.ts';
import type { Loaded, Source, Validators } from './source.ts';
import { versionOf } from './version.ts';

/**
 * The last rules that a source gave as an answer. Times are epoch milliseconds of the wall clock: they are stored and
 * shown, and no span of time is measured by them.
 */
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
  /** By the wall clock, for people. */
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
  /** Milliseconds since a load last found the last good rules; null where there are none. */
  readonly age: number | null;
  /** Milliseconds until the next load; 0 where it is due. */
  readonly due: number;
}

export interface LedgerOptions {
  /** Milliseconds after the last confirmation until last good rules are given up; 0: never. */
  readonly maxStale: number;
  /** Where last good rules outlive the process. */
  readonly keeps: readonly Keep[];
  /** Milliseconds of a clock that is never set. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly wallClock: () => number;
}

export type Ledger = ReturnType<typeof createLedger>;

/** What one bucket's loads have brought so far. Only the ledger and the loader change it. */
export interface Account {
  readonly key: string;
  lastGood: LastGood | null;
  /** When a load last found the last good rules, by the clock that is never set. */
  confirmed: number;
  failure: LoadFailure | null;
  /** When the next load is due, by the same clock. */
  next: number;
  /** The rules are stored where they outlive the process. */
  outlives: boolean;
  /** What that source gave with `lastGood`. */
  validators: { readonly source: Source; readonly given: Validators } | null;
  /** The rules were taken from the keep, and no load has confirmed them. */
  unconfirmed: boolean;
  /** The keep has been asked, and had an answer. */
  asked: boolean;
}

export const openAccount = (key: string): Account => ({
  key,
  lastGood: null,
  confirmed: 0,
  failure: null,
  next: 0,
  outlives: false,
  validators: null,
  unconfirmed: false,
  asked: false,
});

/** No edge ran before 2020: a record with an earlier date comes from a machine whose clock was not set. */
const FIRST_DATE = Date.UTC(2020);
/** Milliseconds by which the clocks of machines may differ that are set right. */
const SKEW = 60_000;
/** Milliseconds by which the record that this process wrote may seem younger than the rules it was made of. */
const OWN_RECORD = 1_000;

/**
 * Writes down what every bucket's loads brought: the last good rules, and the failures since. Accounts live apart from
 * the LRU of compiled rules, so that eviction can't lose them (promise 2).
 */
export function createLedger({ maxStale, keeps, now, wallClock }: LedgerOptions) {
  const copies = createCopies({ keeps, maxStale, wallClock });

  const ageOf = ({ confirmed }: Account): number => now() - confirmed;

  const isTooOld = (age: number): boolean => maxStale > 0 && age > maxStale;

  const tooOld = (account: Account): boolean => account.lastGood !== null && isTooOld(ageOf(account));

  function fail(account: Account, { cause, cure }: { readonly cause: string; readonly cure: string }): void {
    account.failure = { cause, cure, at: wallClock(), count: (account.failure?.count ?? 0) + 1 };
  }

  /**
   * Takes an answer as the last good one. `before` is what was known when it was asked for: where others have told of
   * newer rules since, it is overtaken, and must not put them back.
   */
  async function confirm(
    account: Account,
    source: Source,
    before: LastGood | null,
    loaded: Exclude<Loaded, { outcome: 'unknown' }>,
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
    const confirmedAt = wallClock();
    account.confirmed = now();
    account.lastGood = { ...found, loadedAt: same ? before.loadedAt : confirmedAt, confirmedAt };
    return same ? 'same' : 'changed';
  }

  async function goodFrom(loaded: Exclude<Loaded, { outcome: 'unknown' | 'unchanged' }>): Promise<LastGood> {
    const { ruleSet, warnings } = loaded.outcome === 'rules' ? loaded : { ruleSet: NO_RULES, warnings: [] };
    const version = await versionOf(ruleSet, loaded.outcome);
    return { outcome: loaded.outcome, ruleSet, version, warnings, loadedAt: 0, confirmedAt: 0 };
  }

  /** What is to be stored; its times are those of the wall clock as it goes now, which may have been set since. */
  function recordOf(account: Account): LastGood | null {
    const { lastGood, outlives } = account;
    if (lastGood === null || !outlives || tooOld(account)) return null;
    const confirmedAt = Math.max(0, Math.round(wallClock() - ageOf(account)));
    return { ...lastGood, loadedAt: Math.min(lastGood.loadedAt, confirmedAt), confirmedAt };
  }

  /** Stores the last good rules: others are to find them at once. */
  function store(account: Account): void {
    const record = recordOf(account);
    if (record !== null) copies.write(account.key, record);
  }

  /** Stores them where they are missing, or where their date is out. `fresh` trusts nothing that is remembered. */
  const restore = (account: Account, fresh: boolean): Promise<void> =>
    copies.restore(account.key, () => recordOf(account), fresh);

  /** The same as `recall`, the first time a bucket is asked for; false at once where there is nothing to ask. */
  function recallOnce(account: Account): Promise<boolean> | false {
    if (keeps.length === 0 || account.asked) return false;
    return recall(account);
  }

  /** Takes what is kept, if it is of use and newer than what is known. */
  async function recall(account: Account): Promise<boolean> {
    account.asked = true;
    const found = await copies.read(account.key);
    const dated = found === null ? null : storedAge(found);
    const age = dated ?? 0;
    if (found === null || isTooOld(age)) {
      // The place may have been away, and the wall clock may be wrong: it is asked again.
      account.asked = false;
      return false;
    }
    const known = account.lastGood;
    if (known !== null && (dated === null || ageOf(account) <= age)) return false;
    // The own record: its time is whole milliseconds of the wall clock, and seems a little later than what is known.
    if (known?.version === found.version && ageOf(account) - age < OWN_RECORD) return false;
    const confirmedAt = wallClock() - age;
    account.lastGood = { ...found, loadedAt: Math.min(found.loadedAt, confirmedAt), confirmedAt };
    account.confirmed = now() - age;
    account.validators = null;
    if (known === null) account.unconfirmed = true;
    return true;
  }

  /**
   * The age of a record, for which the wall clocks of both ends are the only evidence; null where one of them must be
   * wrong. That must not make rules unknown: where there are no others, they count as confirmed now.
   */
  function storedAge({ confirmedAt }: LastGood): number | null {
    const age = wallClock() - confirmedAt;
    return confirmedAt < FIRST_DATE || age < -SKEW ? null : Math.max(0, age);
  }

  function status(account: Account): RulesStatus {
    const { lastGood, failure, next } = account;
    return {
      state: stateOf(account),
      lastGood,
      failure,
      age: lastGood === null ? null : ageOf(account),
      due: Math.max(0, next - now()),
    };
  }

  function stateOf(account: Account): RulesStatus['state'] {
    const { lastGood, failure, unconfirmed } = account;
    if (lastGood === null) return failure === null ? 'not_loaded' : 'unavailable';
    if (tooOld(account)) return 'unavailable';
    return failure === null && !unconfirmed ? 'fresh' : 'stale';
  }

  return { confirm, fail, store, restore, recallOnce, recall, status, tooOld };
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
