import { answer } from '../cors/answer.ts';
import type { CompiledRules } from '../cors/compile.ts';
import { type Decision, decide, type Facts } from '../cors/decide.ts';
import { METHODS, type Method } from '../cors/rule.ts';
import { missingGrants } from './grants.ts';
import { type ModelledRules, modelOf, type OriginClass } from './model.ts';
import { sharedHeaders } from './shared-headers.ts';
import { actualRequest, preflightRequest } from './table.ts';

/** What one rule set answers to a request. */
export interface Outcome {
  /** Number of the rule that applies; null when the request is refused, or gets no headers. */
  readonly rule: number | null;
  /** The `Access-Control-*` headers: name, value, name, value. */
  readonly headers: readonly string[];
}

/** A request that two rule sets answer differently; one of all requests whose answers differ by the same two rules. */
export interface Difference {
  readonly kind: 'preflight' | 'actual';
  readonly origin: OriginClass;
  readonly method: Method;
  /** Preflights: names of requested headers. */
  readonly headers: readonly string[];
  readonly request: Facts;
  readonly before: Outcome;
  readonly after: Outcome;
}

export interface Diff {
  readonly differences: readonly Difference[];
  /** False if the rule sets have too many classes or rules to compare all: an empty list then proves nothing. */
  readonly complete: boolean;
}

/**
 * Finds the requests that two rule sets answer differently. Each pair of rules that can decide the same request is compared
 * once, with all headers that both allow: if they decide any common request, they decide that one.
 */
export function diffRules(before: CompiledRules, after: CompiledRules): Diff {
  const model = modelOf([before, after]);
  const [one, other] = model.sets;
  if (one === undefined || other === undefined) return { differences: [], complete: true };
  const shared = sharedHeaders(model, one, other);
  const differences = model.origins.flatMap((origin, at) =>
    METHODS.flatMap((method) => [
      ...differing(one, other, origin, method, 'actual', [[]]),
      ...differing(one, other, origin, method, 'preflight', shared.of(at, method)),
    ]),
  );
  return { differences, complete: model.complete && shared.isComplete() };
}

function differing(
  one: ModelledRules,
  other: ModelledRules,
  origin: OriginClass,
  method: Method,
  kind: Difference['kind'],
  asked: readonly (readonly string[])[],
): Difference[] {
  return asked.flatMap((headers) => {
    const request =
      kind === 'actual'
        ? actualRequest(origin.witness, method)
        : preflightRequest(origin.witness, method, headers);
    const [before, after] = [outcomeOf(one.compiled, request), outcomeOf(other.compiled, request)];
    if (before.headers.join('\n') === after.headers.join('\n')) return [];
    return [{ kind, origin, method, headers, request, before, after }];
  });
}

function outcomeOf(rules: CompiledRules, request: Facts): Outcome {
  const decision: Decision = decide(rules, request);
  const { headers } = answer(rules, decision);
  return { rule: decision.rule?.number ?? null, headers };
}

/** Whether a difference lets a page do or read what it could not before. */
export function isWider({ kind, before, after }: Difference): boolean {
  if (after.rule === null) return false;
  return before.rule === null || missingGrants(before.headers, after.headers, kind).length > 0;
}

/** Whether `after` never allows more than `before`; null if the rule sets have too many classes or rules to prove it. */
export function neverAllowsMore(before: CompiledRules, after: CompiledRules): boolean | null {
  const { differences, complete } = diffRules(before, after);
  if (differences.some(isWider)) return false;
  return complete ? true : null;
}
