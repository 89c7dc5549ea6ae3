import { keyOf, type RuledBucket, type RulesCache } from '../rules/cache.ts';

export interface ReadinessFacts {
  readonly preloaded: () => readonly RuledBucket[];
  readonly cache: RulesCache;
  readonly listening: () => boolean;
}

export interface Readiness {
  /** `degraded` still takes traffic: a store's outage must never empty a fleet. */
  readonly status: 'ready' | 'degraded' | 'not ready';
  /** Why it is not simply ready, a line each. */
  readonly reasons: readonly string[];
}

/** Ready when the edge listens and every preloaded bucket has rules, fresh or last good. */
export function readiness({ preloaded, cache, listening }: ReadinessFacts): Readiness {
  const missing: string[] = [];
  const degraded: string[] = [];
  if (!listening()) missing.push('the edge does not accept connections');
  for (const bucket of preloaded()) {
    const { name } = bucket;
    const { state, failure } = cache.status(keyOf(bucket));
    const told = failure === null ? '' : `: ${failure.cause}. ${failure.cure}`;
    if (state === 'stale') degraded.push(`bucket ${name} is served by its last good rules${told}`);
    else if (state !== 'fresh') missing.push(`bucket ${name} has no rules${told}`);
  }
  if (missing.length > 0) return { status: 'not ready', reasons: [...missing, ...degraded] };
  return { status: degraded.length > 0 ? 'degraded' : 'ready', reasons: degraded };
}
