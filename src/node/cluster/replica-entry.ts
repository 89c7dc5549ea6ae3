import { type CompiledEntry, compileEntry, type RulesInForce } from '../../rules/in-force.ts';
import { isGivenUp, mustWait as requestsWait, type Standing } from '../../rules/standing.ts';
import type { ReplicatedRules, RulesSnapshot } from './messages.ts';

/** A worker process's state of one bucket's rules. Moments are milliseconds of its monotonic clock. */
export interface ReplicaEntry {
  /** Null until the first reply. */
  snapshot: RulesSnapshot | null;
  /** When a load last found the rules. */
  confirmedAt: number;
  compiled: CompiledEntry | undefined;
  /** The request to the primary that is in flight. */
  request: Promise<void> | null;
  /** The renewal after a client's change of the rules; requests wait for it. */
  renewal: Promise<void> | null;
  /** When to ask the primary again. */
  askAt: number;
}

/** Milliseconds between two requests about one bucket, also after failures. */
const MIN_INTERVAL_MS = 1_000;

/** What an entry stands for before any reply: no rules, and the last load failed. */
const UNKNOWN = { number: 0, version: null, good: null, age: 0, due: 0, failed: true };

/** An entry before its first request. */
export const emptyEntry = (): ReplicaEntry => ({
  snapshot: null,
  confirmedAt: 0,
  compiled: undefined,
  request: null,
  renewal: null,
  askAt: 0,
});

/** Takes a snapshot from the primary; ignores one older than the entry's own. */
export function applySnapshot(entry: ReplicaEntry, snapshot: RulesSnapshot, now: number): void {
  const before = entry.snapshot;
  if (before !== null && snapshot.number < before.number) return;
  const isWithoutRules = snapshot.version !== null && snapshot.good === null;
  if (isWithoutRules && before?.version !== snapshot.version) {
    // This process has evicted that version since. Waiting requests, and the next one, ask for the rule set as well.
    entry.snapshot = null;
    return;
  }
  entry.snapshot = isWithoutRules ? { ...snapshot, good: before?.good ?? null } : snapshot;
  entry.confirmedAt = now - snapshot.age;
  entry.askAt = now + Math.max(snapshot.due, MIN_INTERVAL_MS);
}

/**
 * Notes that a request to the primary failed. That says nothing about the rules: known rules stay in force, and later
 * requests do not wait.
 */
export function applyNoReply(entry: ReplicaEntry, key: string, now: number): void {
  entry.snapshot = { ...(entry.snapshot ?? { ...UNKNOWN, key }), failed: true };
  entry.askAt = now + MIN_INTERVAL_MS;
}

const standingOf = ({ snapshot, confirmedAt, askAt }: ReplicaEntry, now: number): Standing => ({
  hasRules: snapshot !== null && snapshot.version !== null,
  age: now - confirmedAt,
  failed: snapshot?.failed ?? false,
  overdue: now - askAt,
});

/** Whether requests wait for the primary's reply. */
export const mustWait = (entry: ReplicaEntry, maxStale: number, now: number): boolean =>
  requestsWait(standingOf(entry, now), maxStale);

/** The compiled rules of the entry's snapshot; unavailable without a snapshot or after `maxStale` milliseconds. */
export function rulesInForce(
  entry: ReplicaEntry,
  bucket: ReplicatedRules,
  maxStale: number,
  now: number,
): RulesInForce {
  const { version, good } = entry.snapshot ?? UNKNOWN;
  const lastGood = version === null || good === null ? null : { ...good, version };
  if (entry.compiled?.bucket !== bucket || entry.compiled.version !== version) {
    entry.compiled = compileEntry(bucket, lastGood, entry.compiled);
  }
  return isGivenUp(standingOf(entry, now), maxStale) ? entry.compiled.unavailable : entry.compiled;
}
