import { matchesPattern } from '../../cors/pattern.ts';
import type { Rule } from '../../cors/rule.ts';

/** The first pair of rules that may decide the same request, by their indices; undefined if their order is without effect. */
export function overlapIn(rules: readonly Rule[]): readonly [number, number] | undefined {
  for (const [later, rule] of rules.entries()) {
    const earlier = rules.slice(0, later).findIndex((other) => overlap(other, rule));
    if (earlier >= 0) return [earlier, later];
  }
  return undefined;
}

const overlap = (a: Rule, b: Rule): boolean =>
  a.allowedMethods.some((method) => b.allowedMethods.includes(method)) &&
  a.allowedOrigins.some((one) => b.allowedOrigins.some((other) => mayShare(one, other)));

/** Whether some origin may match both patterns. Two patterns with `*` count as sharing one if their ends agree. */
function mayShare(a: string, b: string): boolean {
  const [startA = '', endA] = a.split('*');
  const [startB = '', endB] = b.split('*');
  if (endA === undefined && endB === undefined) return a === b;
  if (endA === undefined) return matchesPattern({ source: b, prefix: startB, suffix: endB ?? '' }, a);
  if (endB === undefined) return matchesPattern({ source: a, prefix: startA, suffix: endA }, b);
  const starts = startA.startsWith(startB) || startB.startsWith(startA);
  return starts && (endA.endsWith(endB) || endB.endsWith(endA));
}
