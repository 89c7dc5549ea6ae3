import { NO_RULES } from '../cors/rule.ts';
import type { Fault } from '../document/fault.ts';
import type { CompiledEntry } from './in-force.ts';
import type { LastGood } from './last-good.ts';
import type { Loaded, LoadedRules, Source, Validators } from './source.ts';
import { isPast, type Standing } from './standing.ts';
import { versionOf } from './version.ts';

/**
 * What this process knows about one bucket's rules, from its first request until the bucket is removed. Compiled rules
 * are apart, in an LRU cache, so that eviction loses no last good rules (promise 2).
 *
 * - At most one load runs, `loading`. Only that load changes `failure`. It sets `due` when it ends; `due` moves to now
 *   for a new configuration of the bucket, and for a version that another process has published.
 * - `lastGood` is replaced as a whole and never becomes null again. The running load replaces it, or `recall` does with
 *   a newer stored copy; `findings`, `confirmed` and `validators` change with it. A load that finds it replaced since it
 *   began discards its answer and asks again.
 * - `failure` is null if the last load had an answer, whatever `lastGood` is.
 */
export interface RulesRecord {
  readonly key: string;
  lastGood: LastGood | null;
  /** What the check found in `lastGood`. Not stored with it: an older edge, or one with other options, finds others. */
  findings: readonly Fault[];
  /** When a load last found `lastGood`, by the monotonic clock. */
  confirmed: number;
  /** What that source sent with `lastGood`. */
  validators: { readonly source: Source; readonly given: Validators } | null;
  /** The first rules came from a stored copy, and no load has confirmed rules since. */
  unconfirmed: boolean;
  failure: LoadFailure | null;
  /** Since the first request. */
  readonly loads: LoadCounts;
  /** The load under way; it includes the reading of stored copies. */
  loading: Promise<CompiledEntry> | null;
  /** A load that requests wait for: it follows a change that a client made through this edge. */
  waitFor: Promise<unknown> | null;
  /** When the next load is due, by the monotonic clock. */
  due: number;
  /** True if the rules are stored outside the process too. */
  stored: boolean;
  /** The status that `onChange` last reported, as one line. */
  reported: string;
  /** The version that `onChange` last reported, with the codes of its findings. */
  reportedVersion: string;
}

/** Ended loads, by outcome: they brought another version, or the same one, or failed. */
export interface LoadCounts {
  changed: number;
  unchanged: number;
  failed: number;
}

export interface LoadFailure {
  readonly cause: string;
  readonly cure: string;
  /** Epoch milliseconds of the wall clock, to be shown. */
  readonly at: number;
  /** Failed loads in a row. */
  readonly count: number;
}

export interface RulesStatus {
  /**
   * `stale`: last good rules are in force although the last load failed, or they came from a stored copy and no load has
   * ended yet. `unavailable`: there are no last good rules, or they are too old.
   */
  readonly state: 'not_loaded' | 'fresh' | 'stale' | 'unavailable';
  readonly lastGood: LastGood | null;
  /** What the check found in the last good rules; their reader's warnings are in `lastGood`. */
  readonly findings: readonly Fault[];
  readonly failure: LoadFailure | null;
  readonly loads: Readonly<LoadCounts>;
  /** Milliseconds since a load last found the last good rules; null without last good rules. */
  readonly age: number | null;
  /** Milliseconds until the next load; 0 if it is due. */
  readonly due: number;
}

/** How time is measured, and how long last good rules stay in force. */
export interface Timing {
  /** Milliseconds after the last confirmation until last good rules are given up; 0: never. */
  readonly maxStale: number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Epoch milliseconds. */
  readonly wallClock: () => number;
}

export const noLoads = (): LoadCounts => ({ changed: 0, unchanged: 0, failed: 0 });

export const newRecord = (key: string): RulesRecord => ({
  key,
  lastGood: null,
  findings: [],
  confirmed: 0,
  validators: null,
  unconfirmed: false,
  failure: null,
  loads: noLoads(),
  loading: null,
  waitFor: null,
  due: Number.NEGATIVE_INFINITY,
  stored: false,
  reported: '',
  reportedVersion: '',
});

/** Milliseconds since a load last found the last good rules. */
export const ageOf = ({ confirmed }: RulesRecord, { now }: Timing): number => now() - confirmed;

export const standingOf = (record: RulesRecord, timing: Timing): Standing => ({
  hasRules: record.lastGood !== null,
  age: ageOf(record, timing),
  failed: record.failure !== null,
  overdue: timing.now() - record.due,
});

/** Whether the last good rules are given up. Without an object: it is asked for every request. */
export const isTooOld = (record: RulesRecord, timing: Timing): boolean =>
  timing.maxStale > 0 && record.lastGood !== null && isPast(ageOf(record, timing), timing.maxStale);

export function statusOf(record: RulesRecord, timing: Timing): RulesStatus {
  const { lastGood, findings, failure, loads, due } = record;
  return {
    state: stateOf(record, timing),
    lastGood,
    findings,
    failure,
    loads,
    age: lastGood === null ? null : ageOf(record, timing),
    due: Math.max(0, due - timing.now()),
  };
}

function stateOf(record: RulesRecord, timing: Timing): RulesStatus['state'] {
  const { lastGood, failure, unconfirmed } = record;
  if (lastGood === null) return failure === null ? 'not_loaded' : 'unavailable';
  if (isTooOld(record, timing)) return 'unavailable';
  return failure === null && !unconfirmed ? 'fresh' : 'stale';
}

/** How an answer is taken into a record. */
export interface Taking {
  readonly timing: Timing;
  readonly examine: (rules: LoadedRules) => readonly Fault[];
}

type Answered = Exclude<Loaded, { outcome: 'unknown' }>;

export function recordFailure(
  record: RulesRecord,
  { cause, cure }: Pick<LoadFailure, 'cause' | 'cure'>,
  { wallClock }: Timing,
): void {
  record.failure = { cause, cure, at: wallClock(), count: (record.failure?.count ?? 0) + 1 };
}

/**
 * Makes an answer the last good rules. `before` is `lastGood` from before the source was asked; `overtaken`: it has been
 * replaced since, and the answer is discarded. `examine` finds what is wrong with new rules.
 */
export async function recordAnswer(
  record: RulesRecord,
  source: Source,
  before: LastGood | null,
  answered: Answered,
  { timing, examine }: Taking,
): Promise<'changed' | 'same' | 'overtaken'> {
  const found = answered.outcome === 'unchanged' ? before : await lastGoodFrom(answered);
  if (record.lastGood !== before) return 'overtaken';
  if (found === null) {
    const cause = `${source.name} answered "unchanged" although it had sent no rules before`;
    recordFailure(record, { cause, cure: 'Correct the source.' }, timing);
    return 'same';
  }
  if (answered.outcome !== 'unchanged')
    record.findings = answered.outcome === 'rules' ? examine(answered) : [];
  record.failure = null;
  record.unconfirmed = false;
  record.validators = validatorsAfter(record, source, answered);
  const same = before !== null && before.version === found.version;
  const confirmedAt = timing.wallClock();
  record.confirmed = timing.now();
  record.lastGood = { ...found, loadedAt: same ? before.loadedAt : confirmedAt, confirmedAt };
  return same ? 'same' : 'changed';
}

async function lastGoodFrom(answered: Exclude<Answered, { outcome: 'unchanged' }>): Promise<LastGood> {
  const { ruleSet, warnings } = answered.outcome === 'rules' ? answered : { ruleSet: NO_RULES, warnings: [] };
  const version = await versionOf(ruleSet, answered.outcome);
  return { outcome: answered.outcome, ruleSet, version, warnings, loadedAt: 0, confirmedAt: 0 };
}

/** The validators of `lastGood` if this source sent them. */
export const validatorsOf = ({ validators }: RulesRecord, source: Source): Validators | undefined =>
  validators?.source === source ? validators.given : undefined;

function validatorsAfter(
  { validators }: RulesRecord,
  source: Source,
  answered: Answered,
): RulesRecord['validators'] {
  if (answered.outcome === 'none' || answered.outcome === 'missing') return null;
  if (answered.validators !== undefined) return { source, given: answered.validators };
  return answered.outcome === 'unchanged' ? validators : null;
}
