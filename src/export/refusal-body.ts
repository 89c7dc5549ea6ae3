import { traitsOf } from '../cors/behaviour.ts';
import type { CompiledRules } from '../cors/compile.ts';
import type { Objection } from '../cors/traits.ts';

/**
 * The body of a preflight's refusal, in the store's XML form on one line. The texts are the dialect's own, without parts
 * that depend on the request. `unmatched`: no rule allows it.
 */
export function refusalBody({ behaviour }: CompiledRules, reason: Objection | 'unmatched'): string {
  const { code, message } = traitsOf(behaviour).refuse({
    reason: reason === 'unmatched' || reason === 'rules_unavailable' ? 'origin_not_allowed' : reason,
    bucketMissing: false,
    requestMethod: null,
    resource: 'OBJECT',
  });
  const text = message.replace(/: null$/, '.');
  return `<Error><Code>${code}</Code><Message>${text}</Message></Error>`;
}
