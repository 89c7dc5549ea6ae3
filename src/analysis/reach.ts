import type { CompiledRule, CompiledRules } from '../cors/compile.ts';
import { METHODS } from '../cors/rule.ts';
import { type Model, type ModelledRules, modelOf } from './model.ts';
import { firstAllowing } from './table.ts';

/** Which requests a rule decides. */
export interface Reach {
  readonly rule: CompiledRule;
  /** Some actual request gets its headers. */
  readonly byActual: boolean;
  /** Some preflight passes by it; a rule that actual requests reach has such a preflight too. */
  readonly byPreflight: boolean;
  /** Numbers of the earlier rules that decide preflights of the rule's own origins, methods and headers. */
  readonly behind: readonly number[];
  /** False if no origin matches any of its entries. */
  readonly acceptsOrigins: boolean;
}

/** Finds for each rule the requests that reach it. If `complete` is false, a rule may be reached although none was found. */
export function reachOf(rules: CompiledRules): {
  readonly rules: readonly Reach[];
  readonly complete: boolean;
} {
  const model = modelOf([rules]);
  const [set] = model.sets;
  if (set === undefined) return { rules: [], complete: true };
  return { rules: set.compiled.rules.map((rule) => reachOfRule(model, set, rule)), complete: model.complete };
}

function reachOfRule(model: Model, set: ModelledRules, rule: CompiledRule): Reach {
  let byActual = false;
  let byPreflight = false;
  let acceptsOrigins = false;
  const behind = new Set<number>();
  const headers = set.headersOf(rule);
  model.origins.forEach((_, origin) => {
    for (const method of METHODS) {
      const listing = set.listing(origin, method);
      if (!listing.includes(rule)) continue;
      acceptsOrigins = true;
      if (listing[0] === rule) byActual = true;
      const decider = firstAllowing(set, listing, headers);
      if (decider === rule) byPreflight = true;
      else if (decider !== null) behind.add(decider.number);
    }
  });
  return {
    rule,
    byActual,
    byPreflight,
    acceptsOrigins,
    behind: [...behind].sort((one, other) => one - other),
  };
}
