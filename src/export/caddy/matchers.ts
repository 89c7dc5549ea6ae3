import { METHODS } from '../../cors/rule.ts';
import type { Objection } from '../../cors/traits.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { constantMethods, credentialsOf } from '../planned.ts';
import { anyOf, ONE_ORIGIN, originPatterns, plainRegex } from '../regex.ts';

/**
 * Matchers on the three request headers, each of which has one line when they are compared. Only `header_regexp` compares:
 * `vars` and `vars_regexp` expand placeholders in what the client sent (GHSA-m2w3-8f23-hxxf), and match if any of several
 * lines does.
 */
const REQUEST_METHOD = 'header_regexp Access-Control-Request-Method';
const REQUEST_HEADERS = 'header_regexp Access-Control-Request-Headers';
const ORIGIN = 'header_regexp Origin';

/** A named matcher; all its lines must match. */
export const matcher = (name: string, lines: readonly string[]): readonly string[] =>
  lines.length === 1 ? [`@${name} ${lines[0]}`] : [`@${name} {`, ...lines.map((line) => `    ${line}`), '}'];

/** The condition of each objection to a preflight; null: every preflight. */
export const OBJECTS: Readonly<Record<Objection, string | null>> = {
  origin_missing: `${ORIGIN} ^$`,
  method_missing: `${REQUEST_METHOD} ^$`,
  method_not_allowed: `not ${REQUEST_METHOD} ^(?:${METHODS.join('|')})$`,
  origin_not_allowed: `${ORIGIN} [,\\x20\\t]`,
  no_rules: null,
  rules_unavailable: null,
};

/** Go folds letters beyond ASCII into ASCII ones, `ſ` into `s`. No header name has such a letter. */
export const NOT_NAMES = `${REQUEST_HEADERS} [^\\x00-\\x7f]`;
export const HAS_NAMES = `${REQUEST_HEADERS} [^,\\x20\\t]`;

/** The conditions of a rule. A preflight's Origin is one origin: the objections come first. */
export function ruleConditions(plan: Plan, planned: PlannedRule): readonly string[] {
  const { rule } = planned;
  const isConstant = constantMethods(plan, planned).length === rule.methods.size;
  return [
    `${REQUEST_METHOD} ^${anyOf([...rule.methods])}$`,
    ...(isConstant ? [] : [`${ORIGIN} ^${originRegex(planned)}$`]),
    ...(rule.headers.any ? [] : [`${REQUEST_HEADERS} ${namesRegex(planned)}`]),
  ];
}

function originRegex(planned: PlannedRule): string {
  if (planned.rule.origins.any) return `${ONE_ORIGIN}+`;
  return anyOf([...planned.exact.map(plainRegex), ...originPatterns(planned)]);
}

/** A list of which each item is an allowed name or empty. RE2 reads it in one pass, however long it is. */
function namesRegex({ rule }: PlannedRule): string {
  const { exact, patterns } = rule.headers;
  const names = [
    ...exact.map(plainRegex),
    ...patterns.map(({ prefix, suffix }) => `${plainRegex(prefix)}[^,]*${plainRegex(suffix)}`),
  ];
  if (names.length === 0) return '^[,\\x20\\t]*$';
  return `(?i)^(?:[\\x20\\t]*(?:${anyOf(names)}[\\x20\\t]*)?(?:,|$))*$`;
}

/** Who gets credentials among the origins of a rule: all, no origin, or those that match a condition. */
export function credentialsCondition(planned: PlannedRule): 'all' | 'none' | string {
  const origins = credentialsOf(planned);
  if (origins === 'all but null') return `not ${ORIGIN} ^null$`;
  return typeof origins === 'string' ? origins : `${ORIGIN} ^${anyOf(origins.map(plainRegex))}$`;
}
