import { METHODS } from '../../cors/rule.ts';
import type { Objection } from '../../cors/traits.ts';
import { anyOf, ONE_ORIGIN, originPatterns, plainRegex } from '../plain-regex.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { constantMethods, matchesNull } from '../planned.ts';

/** Expressions of Apache (https://httpd.apache.org/docs/2.4/expr.html) over the variables of an export. */
export interface Terms {
  readonly origin: string;
  readonly method: string;
  readonly names: string;
  readonly rule: string;
  readonly preflight: string;
}

/** `reqenv` reads variables only; the attribute of `SetEnvIf` would read a header of the same name first. */
export const termsOf = (name: string): Terms => ({
  origin: `reqenv('${name}_origin')`,
  method: `reqenv('${name}_method')`,
  names: `reqenv('${name}_names')`,
  rule: `reqenv('${name}_rule')`,
  preflight: `reqenv('${name}_preflight')`,
});

/** One of several texts of plain characters; `==` and `in` compare whole strings, with case. */
export const isOneOf = (term: string, texts: readonly string[]): string =>
  texts.length === 1
    ? `${term} == '${texts[0]}'`
    : `${term} in {${texts.map((text) => `'${text}'`).join(', ')}}`;

/** The text of a regular expression ends at the first `#`, which `plainRegex` writes by its number. */
const matches = (term: string, regex: string): string => `${term} =~ m#^${regex}$#`;

/** The condition of each objection to a preflight; null: every preflight. */
export const objects = ({ origin, method }: Terms): Readonly<Record<Objection, string | null>> => ({
  origin_missing: `-z ${origin}`,
  method_missing: `-z ${method}`,
  method_not_allowed: `!(${isOneOf(method, METHODS)})`,
  origin_not_allowed: `${origin} =~ m#[,\\x20\\t]#`,
  no_rules: null,
  rules_unavailable: null,
});

/** The conditions of a rule, all of which must hold true. A preflight's Origin is one origin: the objections come first. */
export function ruleConditions(plan: Plan, planned: PlannedRule, terms: Terms): readonly string[] {
  const { rule } = planned;
  const constant = constantMethods(plan, planned);
  const isConstant = constant.length === rule.methods.size;
  const origins = [
    ...(constant.length > 0 ? [isOneOf(terms.method, constant)] : []),
    ...originTests(planned, terms.origin),
  ];
  return [
    isOneOf(terms.method, [...rule.methods]),
    ...(isConstant ? [] : [eitherOf(origins)]),
    ...(rule.headers.any ? [] : [matches(terms.names, namesRegex(planned))]),
  ];
}

const eitherOf = (tests: readonly string[]): string =>
  tests.length === 1 ? (tests[0] ?? '') : `(${tests.join(' \\\n    || ')})`;

const isPlain = (text: string): boolean => /^[A-Za-z0-9:/._-]+$/.test(text);

function originTests(planned: PlannedRule, term: string): readonly string[] {
  if (planned.rule.origins.any) return [matches(term, `${ONE_ORIGIN}+`)];
  const patterns = originPatterns(planned);
  return [
    ...exactTests(planned.exact, term),
    ...(patterns.length === 0 ? [] : [matches(term, anyOf(patterns))]),
  ];
}

function exactTests(exact: readonly string[], term: string): readonly string[] {
  const [plain, odd] = [exact.filter(isPlain), exact.filter((one) => !isPlain(one))];
  return [
    ...(plain.length === 0 ? [] : [isOneOf(term, plain)]),
    ...(odd.length === 0 ? [] : [matches(term, anyOf(odd.map(plainRegex)))]),
  ];
}

/**
 * A list of which each item is an allowed name or empty. Possessive, so that PCRE goes back within one item only: a list
 * with many blanks would take exponential time.
 */
function namesRegex({ rule }: PlannedRule): string {
  const { exact, patterns } = rule.headers;
  const names = [
    ...exact.map(plainRegex),
    ...patterns.map(({ prefix, suffix }) => `${plainRegex(prefix)}[^,]*${plainRegex(suffix)}`),
  ];
  if (names.length === 0) return '[,\\x20\\t]*';
  return `(?>[\\x20\\t]*+(?:${anyOf(names)}[\\x20\\t]*)?(?:,|$))*+`;
}

/** Who gets credentials among the origins of a rule: all, no origin, or those that meet a condition. */
export function credentialsCondition(planned: PlannedRule, term: string): 'all' | 'none' | string {
  const { credentials, exact, patterns } = planned;
  const named = exact.filter((origin) => origin !== 'null');
  if (credentials === 'none') return 'none';
  if (credentials === 'all') return matchesNull(planned) ? `${term} != 'null'` : 'all';
  if (named.length === 0) return 'none';
  if (patterns.length === 0 && named.length === exact.length) return 'all';
  return eitherOf(exactTests(named, term));
}
