import type { CompiledRule, CompiledRules } from '../cors/compile.ts';
import { METHODS } from '../cors/rule.ts';
import { containsAll, type HeaderSet, type Model, type ModelledRules, modelOf } from './model.ts';
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
  return { rules: set === undefined ? [] : reachIn(model, set), complete: model.complete };
}

interface Found {
  byActual: boolean;
  byPreflight: boolean;
  acceptsOrigins: boolean;
  readonly behind: Set<number>;
}

/** The same for a rule set of a model. */
export function reachIn(model: Model, set: ModelledRules): readonly Reach[] {
  const found = new Map(set.compiled.rules.map((rule): [CompiledRule, Found] => [rule, nothingFound()]));
  const seen = new Set<string>();
  const allowing = allowingIn(set);
  model.origins.forEach((_, origin) => {
    for (const method of METHODS) {
      const listing = set.listing(origin, method);
      // Many classes and methods can have the same rules.
      if (seen.size < seen.add(listing.map(({ number }) => number).join()).size)
        addReached(found, set, listing, allowing);
    }
  });
  return [...found].map(([rule, { behind, ...reached }]) => ({
    rule,
    ...reached,
    behind: [...behind].sort((one, other) => one - other),
  }));
}

const nothingFound = (): Found => ({
  byActual: false,
  byPreflight: false,
  acceptsOrigins: false,
  behind: new Set(),
});

function addReached(
  found: ReadonlyMap<CompiledRule, Found>,
  set: ModelledRules,
  listing: readonly CompiledRule[],
  allowing: (headers: HeaderSet) => readonly CompiledRule[],
): void {
  const listed = new Set(listing);
  for (const rule of listing) {
    const reached = found.get(rule);
    if (reached === undefined) continue;
    reached.acceptsOrigins = true;
    if (listing[0] === rule) reached.byActual = true;
    const others = allowing(set.headersOf(rule));
    // Both find the same rule: the shorter list is searched.
    const decider =
      others.length < listing.length
        ? others.find((other) => listed.has(other))
        : firstAllowing(set, listing, set.headersOf(rule));
    if (decider === rule) reached.byPreflight = true;
    else if (decider) reached.behind.add(decider.number);
  }
}

/** Lists the rules that allow all of some headers, in their order. Compares each set of headers once. */
function allowingIn(set: ModelledRules): (headers: HeaderSet) => readonly CompiledRule[] {
  const known = new Map<HeaderSet, readonly CompiledRule[]>();
  return (headers) => {
    const allowing =
      known.get(headers) ?? set.compiled.rules.filter((rule) => containsAll(set.headersOf(rule), headers));
    known.set(headers, allowing);
    return allowing;
  };
}
