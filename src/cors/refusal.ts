import { traitsOf } from './behaviour.ts';
import type { CompiledRules } from './compile.ts';
import type { Decision, Facts } from './decide.ts';
import { error, type Refusal, type Resource } from './traits.ts';

/** Returns what a target addresses: `/`, with or without a query, is the bucket. */
export const resourceOf = (target: string): Resource => (/^\/?(\?|$)/.test(target) ? 'BUCKET' : 'OBJECT');

const UNAVAILABLE =
  "The bucket's CORS rules could not be read yet, so this preflight can be neither allowed nor refused.";

/**
 * Returns what a store answers to a preflight that it refuses (semantics.md §3, the second table), or null when the
 * decision is not a refusal.
 */
export function refusal(
  rules: CompiledRules,
  { kind, reason }: Decision,
  { requestMethod }: Facts,
  resource: Resource,
): Refusal | null {
  if (kind !== 'preflight' || reason === 'matched' || reason === 'not_cors') return null;
  if (reason === 'rules_unavailable') return error(503, 'ServiceUnavailable', UNAVAILABLE);
  const bucketMissing = rules.state === 'missing';
  return traitsOf(rules.behaviour).refuse({ reason, bucketMissing, requestMethod, resource });
}
