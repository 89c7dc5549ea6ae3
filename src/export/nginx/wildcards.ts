import type { Plan, PlannedRule } from '../plan.ts';

type Pattern = PlannedRule['patterns'][number];

/** Patterns of one rule, for the origins that no pattern of an earlier rule matches. */
export interface Wildcard {
  readonly patterns: readonly Pattern[];
  /** The rules that all these origins meet. */
  readonly met: readonly PlannedRule[];
  /** The rules that some of them meet. */
  readonly perhaps: readonly PlannedRule[];
}

/** Divides patterns into groups, in the order in which an origin is compared with them: the first match decides. */
export function wildcardsOf({ rules }: Plan): readonly Wildcard[] {
  return rules.flatMap((own, at): readonly Wildcard[] => {
    const earlier = rules.slice(0, at);
    const reachable = own.patterns.filter((pattern) => !earlier.some((one) => containsAll(one, pattern)));
    const divided = reachable.map((pattern) => {
      const met = rules.filter((one) => one.rule.origins.any || containsAll(one, pattern));
      const perhaps = rules
        .slice(at)
        .filter((one) => !met.includes(one) && one.patterns.some((other) => shareOrigins(other, pattern)));
      return { pattern, met, perhaps };
    });
    const keyOf = ({ met, perhaps }: Omit<Wildcard, 'patterns'>): string =>
      [met, perhaps].map((some) => some.map(({ rule }) => rule.number).join(' ')).join('|');
    return [...Map.groupBy(divided, keyOf).values()].map((alike) => ({
      patterns: alike.map(({ pattern }) => pattern),
      met: alike[0]?.met ?? [],
      perhaps: alike[0]?.perhaps ?? [],
    }));
  });
}

/** Whether a pattern of a rule matches all that `inner` matches. */
const containsAll = ({ patterns }: PlannedRule, inner: Pattern): boolean =>
  patterns.some((outer) => inner.prefix.startsWith(outer.prefix) && inner.suffix.endsWith(outer.suffix));

const shareOrigins = (one: Pattern, other: Pattern): boolean =>
  (one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix)) &&
  (one.suffix.endsWith(other.suffix) || other.suffix.endsWith(one.suffix));
