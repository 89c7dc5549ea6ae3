import * as headers from '../../cors/names.ts';
import { matchesEntries } from '../../cors/pattern.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { namesRegex, originRegex } from '../readable-regex.ts';
import { equals, oneOf, regex, string } from './quote.ts';

/** Headers of the request in which the subroutine of an export has its facts: VCL has no other variables. */
export interface Facts {
  /** The request's Origin if it is one origin. */
  readonly origin: string;
  /** The method that rules are compared with. */
  readonly method: string;
  /** The requested header names, in lower case, each with a comma after it. */
  readonly names: string;
}

export const factsOf = (name: string): Facts => {
  const fact = (what: string) => `req.http.bucket-${name.toLowerCase().replaceAll('_', '-')}-${what}`;
  return { origin: fact('origin'), method: fact('method'), names: fact('names') };
};

export const indent = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (line === '' ? '' : `    ${line}`));

/** The first rule that matches writes its headers. */
export function ruleLines(plan: Plan, facts: Facts): readonly string[] {
  const lines = plan.rules.flatMap((planned, at) => [
    `${at === 0 ? 'if' : '} elseif'} (${conditionOf(plan, planned, facts)}) {`,
    ...indent([`# Rule ${planned.rule.number}`, ...headerLines(planned, facts)]),
  ]);
  return lines.length === 0 ? [] : [...lines, '}'];
}

function conditionOf(plan: Plan, planned: PlannedRule, facts: Facts): string {
  const { rule } = planned;
  const constant = plan.methods.filter((one) => one.withoutOrigin?.number === rule.number);
  const origins = [
    ...originConditions(planned, facts),
    ...withoutOrigin(constant.map(({ method }) => method)),
  ];
  const both = [
    `${facts.method} ~ ${oneOf(rule.rule.allowedMethods)}`,
    origins.length === 1 ? origins[0] : `(${origins.join('\n        || ')})`,
    ...namesCondition(planned, facts),
  ];
  return both.join('\n    && ');
}

function originConditions({ rule, exact, patterns }: PlannedRule, { origin }: Facts): readonly string[] {
  if (rule.origins.any) return [`${origin} != ""`];
  return [
    ...exact.map((entry) => equals(origin, entry)),
    ...patterns.map((pattern) => `${origin} ~ ${regex(originRegex(pattern))}`),
  ];
}

/** Where every origin gets the same headers, a request without one gets them too: caches store one answer. */
const withoutOrigin = (methods: readonly string[]): readonly string[] =>
  methods.length === 0 ? [] : [`req.method ~ ${oneOf(methods)}`];

/** Nothing remains of the requested names if the rule lists them all. */
function namesCondition({ rule }: PlannedRule, { names }: Facts): readonly string[] {
  if (rule.headers.any) return [];
  return rule.rule.allowedHeaders.length === 0
    ? [`${names} == ""`]
    : [`regsuball(${names}, ${regex(namesRegex(rule))}, "") == ""`];
}

function headerLines(planned: PlannedRule, { origin, names }: Facts): readonly string[] {
  const { rule, allowOrigin, credentials } = planned;
  const set = (header: string, value: string) => `set resp.http.${header} = ${value};`;
  const named = credentials === 'none' ? null : credentialsCondition(planned, origin);
  return [
    set(headers.ALLOW_ORIGIN, allowOrigin === '*' ? '"*"' : origin),
    set(headers.ALLOW_METHODS, string(rule.allowMethods)),
    ...(rule.rule.allowedHeaders.length > 0
      ? [
          `if (${names} != "") {`,
          `    ${set(headers.ALLOW_HEADERS, `regsuball(regsub(${names}, ",$", ""), ",", ", ")`)}`,
          '}',
        ]
      : []),
    ...(rule.exposeHeaders === null ? [] : [set(headers.EXPOSE_HEADERS, string(rule.exposeHeaders))]),
    ...(rule.maxAge === null ? [] : [set(headers.MAX_AGE, string(rule.maxAge))]),
    ...credentialsLines(named, set(headers.ALLOW_CREDENTIALS, '"true"')),
  ];
}

const credentialsLines = (condition: string | null, line: string): readonly string[] => {
  if (condition === null) return [];
  return condition === '' ? [line] : [`if (${condition}) {`, `    ${line}`, '}'];
};

/** Never for `null`. An empty condition is true, null is false. */
function credentialsCondition(
  { rule, credentials, exact, patterns }: PlannedRule,
  origin: string,
): string | null {
  const named = exact.filter((entry) => entry !== 'null');
  if (credentials === 'exact' && named.length === 0) return null;
  if (credentials === 'exact' && patterns.length > 0)
    return named.map((entry) => equals(origin, entry)).join('\n        || ');
  return matchesEntries(rule.origins, 'null') ? `${origin} != "null"` : '';
}
