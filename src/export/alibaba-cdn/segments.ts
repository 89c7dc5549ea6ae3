import type { CompiledRule } from '../../cors/compile.ts';
import { matchesPattern } from '../../cors/pattern.ts';
import type { Plan, PlannedRule } from '../plan.ts';

/** Origins that a browser treats alike for one method: the first segment that has an origin decides. */
export interface Segment {
  readonly rules: readonly CompiledRule[];
  readonly exact: readonly string[];
  readonly patterns: readonly { readonly prefix: string; readonly suffix: string }[];
  /** Every origin. */
  readonly any: boolean;
  readonly credentials: boolean;
  /** Headers that scripts can read, as they stand in the rule. */
  readonly exposed: readonly string[];
}

export interface Treatment {
  readonly method: string;
  /** Every request gets the one segment's answer, also without Origin. */
  readonly isConstant: boolean;
  readonly segments: readonly Segment[];
}

/** What browsers distinguish, by method; methods that no origin may use are left out. */
export const treatmentsOf = (plan: Plan): readonly Treatment[] =>
  plan.methods
    .map(({ method, withoutOrigin }) => ({
      method,
      isConstant: withoutOrigin !== null,
      segments: segmentsOf(plan, method),
    }))
    .filter(({ segments }) => segments.length > 0);

export const exposedKey = (names: readonly string[]): string =>
  [...new Set(names.map((name) => name.toLowerCase()))].sort().join(',');

/** The rules that list a method, as far as an origin can reach them; null: all rules. */
export function segmentsOf({ rules }: Plan, method: string | null): readonly Segment[] {
  const found: Segment[] = [];
  for (const planned of rules) {
    if (method !== null && !planned.rule.methods.has(method)) continue;
    for (const part of partsOf(planned)) {
      const left = withoutEarlier(part, found);
      if (left !== null) found.push(left);
    }
    if (planned.allowOrigin === '*') break;
  }
  return found;
}

/** `null` never gets credentials, and by `exact` no origin that a pattern matches (semantics.md §3). */
function partsOf({ rule, allowOrigin, credentials, exact, patterns }: PlannedRule): readonly Segment[] {
  const shared = { rules: [rule], any: false, exposed: rule.rule.exposeHeaders };
  if (allowOrigin === '*') return [{ ...shared, exact: [], patterns: [], any: true, credentials: false }];
  if (credentials === 'none') return [{ ...shared, exact, patterns, credentials: false }];
  const named = exact.filter((origin) => origin !== 'null');
  const others = exact.filter((origin) => origin === 'null');
  return credentials === 'all'
    ? [
        { ...shared, exact: others, patterns: [], credentials: false },
        { ...shared, exact: named, patterns, credentials: true },
      ]
    : [
        { ...shared, exact: named, patterns: [], credentials: true },
        { ...shared, exact: others, patterns, credentials: false },
      ];
}

export const accepts = ({ any, exact, patterns }: Segment, origin: string): boolean =>
  any ||
  exact.includes(origin) ||
  patterns.some((pattern) => matchesPattern({ ...pattern, source: '' }, origin));

function withoutEarlier(part: Segment, earlier: readonly Segment[]): Segment | null {
  const exact = [...new Set(part.exact)].filter((origin) => !earlier.some((one) => accepts(one, origin)));
  const patterns = part.patterns.filter(
    ({ prefix, suffix }) =>
      !earlier.some((one) =>
        one.patterns.some((pattern) => pattern.prefix === prefix && pattern.suffix === suffix),
      ),
  );
  return part.any || exact.length + patterns.length > 0 ? { ...part, exact, patterns } : null;
}

/**
 * The same origins in fewer segments: those that follow each other and have the same key become one. Whole origins may move
 * forward, because no segment before accepts them.
 */
export function merged(segments: readonly Segment[], key: (segment: Segment) => string): readonly Segment[] {
  const found: Segment[] = [];
  for (const segment of segments) {
    const isWhole = !segment.any && segment.patterns.length === 0;
    const at = isWhole
      ? found.findIndex((one) => key(one) === key(segment))
      : found.findIndex((one, position) => position === found.length - 1 && key(one) === key(segment));
    const same = found[at];
    if (same === undefined) found.push(segment);
    else found[at] = join(same, segment);
  }
  return found;
}

function join(one: Segment, other: Segment): Segment {
  const rules = [...new Set([...one.rules, ...other.rules])];
  if (one.any || other.any) return { ...one, rules, exact: [], patterns: [], any: true };
  return {
    ...one,
    rules,
    exact: [...one.exact, ...other.exact],
    patterns: [...one.patterns, ...other.patterns],
  };
}
