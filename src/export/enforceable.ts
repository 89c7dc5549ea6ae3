import type { CompiledRules } from '../cors/compile.ts';
import { narrowed } from './narrow.ts';
import { type PlannedRule, planOf } from './plan.ts';
import { namesRegex } from './regex.ts';
import type { Inexpressible } from './target.ts';

/** Why a program cannot say a rule, and the nearest that it can, as sentences. `origins`: only for these, not for all. */
export interface Reason extends Pick<Inexpressible, 'what' | 'nearest'> {
  readonly origins?: readonly string[];
}

/** What a program can enforce, and the rules that it cannot; null if there are any, and none may be left out. */
export function enforceable(
  rules: CompiledRules,
  allowNarrower: boolean,
  reasonOf: (planned: PlannedRule) => Reason | null,
): { readonly found: CompiledRules | null; readonly refused: readonly Inexpressible[] } {
  const refused = planOf(rules).rules.flatMap((planned): readonly Inexpressible[] => {
    const reason = reasonOf(planned);
    if (reason === null) return [];
    const { number, rule } = planned.rule;
    const { origins = rule.allowedOrigins, ...why } = reason;
    const shown = origins.slice(0, 10).map((entry) => entry.slice(0, 100));
    return [{ rules: [number], origins: shown, methods: rule.allowedMethods, ...why }];
  });
  if (refused.length === 0) return { found: rules, refused };
  if (!allowNarrower) return { found: null, refused };
  const left = new Set(refused.flatMap((one) => one.rules));
  return { found: narrowed(rules, (rule, number) => (left.has(number) ? null : rule)), refused };
}

/**
 * Characters of a regular expression for names. A preflight for all of them must fit the line of a header: Varnish reads 8 KB,
 * HAProxy answers 7,500 (`REQUESTED_LIMIT`). PCRE compiles more, and HAProxy's arguments are longer.
 */
const NAMES_LIMIT = 7_000;

/** A list of AllowedHeader whose names no preflight could request at once. */
export function namesTooLong({ rule }: PlannedRule): Reason | null {
  if (rule.headers.any || namesRegex(rule).length <= NAMES_LIMIT) return null;
  return {
    what: `The list of AllowedHeader of rule ${rule.number} is longer than a preflight may be, about ${NAMES_LIMIT} characters.`,
    nearest: 'One entry with `*` that covers several headers, if that is meant.',
  };
}
