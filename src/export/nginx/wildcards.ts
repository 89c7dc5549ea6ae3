import type { Plan, PlannedRule } from '../plan.ts';

type Pattern = PlannedRule['patterns'][number];

/** Patterns, and the rules that each origin meets which they match and no earlier group does. */
export interface Wildcard {
  readonly patterns: readonly Pattern[];
  readonly rules: readonly PlannedRule[];
}

/**
 * Divides patterns into groups, in the order in which an origin is compared with them: then the first match alone says
 * which rules the origin meets. It needs patterns of different rules that share no origin, or of which one contains the
 * other, which comes later. Null if others are there: no order is right for them.
 */
export function wildcardsOf({ rules }: Plan): readonly Wildcard[] | null {
  const all = new Map(
    rules.flatMap(({ patterns }) => patterns.map((one) => [`${one.prefix}*${one.suffix}`, one])),
  );
  const found = [...all.values()].map((pattern) => {
    const met = rules.filter(
      ({ rule, patterns }) => rule.origins.any || patterns.some((one) => contains(one, pattern)),
    );
    return { pattern, met, key: met.map(({ rule }) => rule.number).join(' ') };
  });
  let isNested = false;
  for (const [at, one] of found.entries()) {
    for (const other of found.slice(at + 1)) {
      if (one.key === other.key || !shareOrigins(one.pattern, other.pattern)) continue;
      if (!contains(one.pattern, other.pattern) && !contains(other.pattern, one.pattern)) return null;
      isNested = true;
    }
  }
  // Of two patterns the one that is contained has more characters beside its `*`.
  const ordered = isNested
    ? found.toSorted((one, other) => fixed(other.pattern) - fixed(one.pattern))
    : found.toSorted((one, other) => firstOf(one.met) - firstOf(other.met));
  const groups: { key: string; patterns: Pattern[]; rules: readonly PlannedRule[] }[] = [];
  for (const { pattern, met, key } of ordered) {
    const last = groups.at(-1);
    if (last?.key === key) last.patterns.push(pattern);
    else groups.push({ key, patterns: [pattern], rules: met });
  }
  return groups;
}

const fixed = ({ prefix, suffix }: Pattern): number => prefix.length + suffix.length;

const firstOf = ([first]: readonly PlannedRule[]): number => first?.rule.number ?? 0;

/** Whether `outer` matches all that `inner` matches. */
const contains = (outer: Pattern, inner: Pattern): boolean =>
  inner.prefix.startsWith(outer.prefix) && inner.suffix.endsWith(outer.suffix);

const shareOrigins = (one: Pattern, other: Pattern): boolean =>
  (one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix)) &&
  (one.suffix.endsWith(other.suffix) || other.suffix.endsWith(one.suffix));
