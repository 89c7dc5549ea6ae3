import type { RulesCache } from '../rules/cache.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';

export interface ReadinessFacts {
  /** Returns all buckets that are served. */
  readonly buckets: () => readonly RuledBucket[];
  /** Returns the buckets that must have rules before the edge is ready. */
  readonly preloaded: () => readonly RuledBucket[];
  readonly cache: RulesCache;
  readonly listening: () => boolean;
  /** Whether a process responds to clients; true unless given. */
  readonly answering?: () => boolean;
  /** Whether the edge is about to end. */
  readonly ending?: () => boolean;
  /** Returns why last good rules would not survive a restart, one line each. */
  readonly problems?: () => readonly string[];
  /** Returns what else must be there before traffic is sent, one line each. */
  readonly missing?: () => readonly string[];
}

export interface Readiness {
  /**
   * `degraded` still gets traffic: a store's outage must not remove every instance from a load balancer. `serving`: objects
   * can flow, whatever the state of the rules.
   */
  readonly status: 'ready' | 'degraded' | 'serving' | 'not ready' | 'shutting down';
  /** Why the status is not `ready`, one line each. */
  readonly reasons: readonly string[];
}

/** Most reasons of an answer: an outage may affect ten thousand buckets, and probes ask every second. */
const MAX_REASONS = 20;

/** The readiness of an edge that is about to end; until it stops listening it serves on. */
const shuttingDown = (isListening: boolean): Readiness => ({
  status: 'shutting down',
  reasons: [isListening ? 'the edge serves on until its shutdown delay is over' : NOT_LISTENING],
});

/** Whether a load balancer may send requests. */
export const isReady = ({ status }: Readiness): boolean =>
  status !== 'not ready' && status !== 'shutting down';

/** Returns whether objects can flow: the edge listens, and a process responds. */
export function serving({
  listening,
  answering = () => true,
  ending = () => false,
}: Pick<ReadinessFacts, 'listening' | 'answering' | 'ending'>): Readiness {
  if (ending()) return shuttingDown(listening());
  if (!listening()) return { status: 'not ready', reasons: [NOT_LISTENING] };
  if (!answering()) return { status: 'not ready', reasons: ['no process responds to clients'] };
  return { status: 'serving', reasons: [] };
}

const NOT_LISTENING = 'the edge does not accept connections';

/**
 * Returns whether the edge is ready: it listens, and every preloaded bucket has rules, fresh or last good. A bucket that
 * is loaded on first use never makes the edge unready. If its first load fails, the edge is degraded.
 */
export function readiness({
  buckets,
  preloaded,
  cache,
  listening,
  ending = () => false,
  problems = () => [],
  missing: others = () => [],
}: ReadinessFacts): Readiness {
  if (ending()) return shuttingDown(listening());
  const missing: string[] = [...others()];
  const degraded: string[] = [...problems()];
  if (!listening()) missing.push(NOT_LISTENING);
  const needed = new Set(preloaded());
  for (const bucket of buckets()) {
    const { name } = bucket;
    const { state, failure } = cache.status(keyOf(bucket));
    const detail = failure === null ? '' : `: ${failure.cause}. ${failure.cure}`;
    // A bucket without a failure was not requested yet, or not recently: its next request loads the rules.
    if (state === 'fresh' || (failure === null && state !== 'stale' && !needed.has(bucket))) continue;
    if (state === 'stale') degraded.push(`bucket ${name} is served by its last good rules${detail}`);
    else (needed.has(bucket) ? missing : degraded).push(`bucket ${name} has no rules${detail}`);
  }
  if (missing.length > 0) return { status: 'not ready', reasons: firstOf([...missing, ...degraded]) };
  return { status: degraded.length > 0 ? 'degraded' : 'ready', reasons: firstOf(degraded) };
}

const firstOf = (reasons: readonly string[]): readonly string[] =>
  reasons.length > MAX_REASONS
    ? [...reasons.slice(0, MAX_REASONS), `and ${reasons.length - MAX_REASONS} more: see /rules`]
    : reasons;
