import type { RulesCache } from '../rules/cache.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';

export interface ReadinessFacts {
  /** All that are served. */
  readonly buckets: () => readonly RuledBucket[];
  /** Those that must have rules before traffic may come. */
  readonly preloaded: () => readonly RuledBucket[];
  readonly cache: RulesCache;
  readonly listening: () => boolean;
  /** Why last good rules would not outlive the process, a line each. */
  readonly problems?: () => readonly string[];
}

export interface Readiness {
  /** `degraded` still takes traffic: a store's outage must never empty a fleet. */
  readonly status: 'ready' | 'degraded' | 'not ready';
  /** Why it is not simply ready, a line each. */
  readonly reasons: readonly string[];
}

/** A store's outage may concern ten thousand buckets; a probe that asks every second needs no list of them. */
const REASONS_MOST = 20;

/**
 * Ready when the edge listens and every preloaded bucket has rules, fresh or last good. A bucket that is loaded on
 * first use never makes it unready: one without rules degrades it after its first request.
 */
export function readiness({
  buckets,
  preloaded,
  cache,
  listening,
  problems = () => [],
}: ReadinessFacts): Readiness {
  const missing: string[] = [];
  const degraded: string[] = [...problems()];
  if (!listening()) missing.push('the edge does not accept connections');
  const needed = new Set(preloaded());
  for (const bucket of buckets()) {
    const { name } = bucket;
    const { state, failure } = cache.status(keyOf(bucket));
    const told = failure === null ? '' : `: ${failure.cause}. ${failure.cure}`;
    // Not requested yet, or not for so long that the next request loads it.
    if (state === 'fresh' || (failure === null && state !== 'stale' && !needed.has(bucket))) continue;
    if (state === 'stale') degraded.push(`bucket ${name} is served by its last good rules${told}`);
    else (needed.has(bucket) ? missing : degraded).push(`bucket ${name} has no rules${told}`);
  }
  if (missing.length > 0) return { status: 'not ready', reasons: firstOf([...missing, ...degraded]) };
  return { status: degraded.length > 0 ? 'degraded' : 'ready', reasons: firstOf(degraded) };
}

const firstOf = (reasons: readonly string[]): readonly string[] =>
  reasons.length > REASONS_MOST
    ? [...reasons.slice(0, REASONS_MOST), `and ${reasons.length - REASONS_MOST} more: see /rules`]
    : reasons;
