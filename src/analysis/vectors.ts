import type { CompiledRules } from '../cors/compile.ts';
import { decide, type Facts } from '../cors/decide.ts';
import { METHODS } from '../cors/rule.ts';
import { modelOf } from './model.ts';
import { actualRequest, preflightRequest, tableOf } from './table.ts';

/** A request, and its decision. */
export interface Vector {
  readonly request: Facts;
  readonly kind: 'preflight' | 'actual';
  readonly reason: string;
  /** Number of the rule; null for a refusal, and for an answer without headers. */
  readonly rule: number | null;
}

/**
 * The fewest requests that distinguish all decisions of a rule set: one for each kind, reason and rule. Origins are ones
 * that browsers send, if the class has one. `complete` is false if the rule set has too many classes to find every decision.
 */
export function vectorsOf(rules: CompiledRules): {
  readonly vectors: readonly Vector[];
  readonly complete: boolean;
} {
  const model = modelOf([rules]);
  const [set] = model.sets;
  const rows = set === undefined ? [] : tableOf(model, set);
  const found = new Map<string, Vector>();
  const usualFirst = [...rows].sort(
    (one, other) => Number(other.origin.isUsual) - Number(one.origin.isUsual),
  );
  const ask = (request: Facts): void => {
    const { kind, reason, rule } = decide(rules, request);
    const key = `${kind} ${reason} ${rule?.number}`;
    if (!found.has(key)) found.set(key, { request, kind, reason, rule: rule?.number ?? null });
  };
  for (const method of METHODS) ask({ ...actualRequest('', method), origin: null });
  for (const { origin, method, preflights, refuses } of usualFirst) {
    ask(actualRequest(origin.witness, method));
    for (const { headers } of preflights) ask(preflightRequest(origin.witness, method, headers.witnesses));
    if (refuses) ask(preflightRequest(origin.witness, method, model.headers));
  }
  return { vectors: [...found.values()], complete: model.complete };
}
