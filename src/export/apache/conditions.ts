import type { CompiledRule } from '../../cors/compile.ts';
import { METHODS } from '../../cors/rule.ts';
import type { Objection } from '../../cors/traits.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { constantMethods, credentialsOf } from '../planned.ts';
import { anyOf, ONE_ORIGIN, originPatterns, plainRegex } from '../regex.ts';

/** Expressions of Apache (https://httpd.apache.org/docs/2.4/expr.html) over the variables of an export. */
export interface Terms {
  readonly origin: string;
  readonly method: string;
  readonly names: string;
  readonly rule: string;
  readonly preflight: string;
  /** Set if a rule with a long list of names allows the requested ones. */
  allowedNames(rule: number): string;
}

/** `reqenv` reads variables only; the attribute of `SetEnvIf` would read a header of the same name first. */
export const termsOf = (name: string): Terms => ({
  origin: `reqenv('${name}_origin')`,
  method: `reqenv('${name}_method')`,
  names: `reqenv('${name}_names')`,
  rule: `reqenv('${name}_rule')`,
  preflight: `reqenv('${name}_preflight')`,
  allowedNames: (rule) => `reqenv('${name}_names_${rule}')`,
});

/** One of several texts of plain characters; `==` and `in` compare whole strings, with case. */
export const isOneOf = (term: string, texts: readonly string[]): string =>
  texts.length === 1
    ? `${term} == '${texts[0]}'`
    : `${term} in {${texts.map((text) => `'${text}'`).join(', ')}}`;

/** The text of a regular expression ends at the first `#`, which `plainRegex` writes by its number. */
const matches = (term: string, regex: string): string => `${term} =~ m#^${regex}$#`;

/** Characters of a regular expression in an expression: Apache 2.4 fails to start with one of 8,192. */
export const REGEX_LIMIT = 8_000;

/** One of several expressions, as conditions of which one must hold true: no regular expression is too long. */
function matchesOneOf(term: string, expressions: readonly string[]): readonly string[] {
  const parts: string[][] = [];
  let free = 0;
  for (const expression of expressions) {
    if (expression.length >= free) {
      parts.push([]);
      free = REGEX_LIMIT;
    }
    parts.at(-1)?.push(expression);
    free -= expression.length + 1;
  }
  return parts.map((part) => matches(term, anyOf(part)));
}

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
    ...(rule.headers.any ? [] : [namesTest(planned, terms)]),
  ];
}

const eitherOf = (tests: readonly string[]): string =>
  tests.length === 1 ? (tests[0] ?? '') : `(${tests.join(' \\\n    || ')})`;

const isPlain = (text: string): boolean => /^[A-Za-z0-9:/._-]+$/.test(text);

function originTests(planned: PlannedRule, term: string): readonly string[] {
  if (planned.rule.origins.any) return [matches(term, `${ONE_ORIGIN}+`)];
  const patterns = originPatterns(planned);
  return [...exactTests(planned.exact, term), ...matchesOneOf(term, patterns)];
}

function exactTests(exact: readonly string[], term: string): readonly string[] {
  const [plain, odd] = [exact.filter(isPlain), exact.filter((one) => !isPlain(one))];
  return [...(plain.length === 0 ? [] : [isOneOf(term, plain)]), ...matchesOneOf(term, odd.map(plainRegex))];
}

/** The requested names: compared here, or with a long list by a directive of its own (`longNames`). */
function namesTest(planned: PlannedRule, terms: Terms): string {
  const regex = namesRegex(planned.rule);
  return regex.length > REGEX_LIMIT
    ? `(-z ${terms.preflight} || -n ${terms.allowedNames(planned.rule.number)})`
    : matches(terms.names, regex);
}

/**
 * A list of which each item is an allowed name or empty. Possessive, so that PCRE goes back within one item only: a list
 * with many blanks would take exponential time.
 */
export function namesRegex({ headers: { exact, patterns } }: CompiledRule): string {
  const names = [
    ...exact.map(plainRegex),
    ...patterns.map(({ prefix, suffix }) => `${plainRegex(prefix)}[^,]*${plainRegex(suffix)}`),
  ];
  if (names.length === 0) return '[,\\x20\\t]*';
  return `(?>[\\x20\\t]*+(?:${anyOf(names)}[\\x20\\t]*)?(?:,|$))*+`;
}

/** Who gets credentials among the origins of a rule: all, no origin, or those that meet a condition. */
export function credentialsCondition(planned: PlannedRule, term: string): 'all' | 'none' | string {
  const origins = credentialsOf(planned);
  if (origins === 'all but null') return `${term} != 'null'`;
  return typeof origins === 'string' ? origins : eitherOf(exactTests(origins, term));
}
