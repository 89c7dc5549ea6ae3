import * as headers from '../../cors/names.ts';
import { matchesEntries } from '../../cors/pattern.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { listRegex, originRegex } from '../readable-regex.ts';
import { equals, oneOf, regex, string } from './quote.ts';

/** Headers of the request in which an export has its facts: VCL has no other variables. A VCL has one export. */
export const FACTS = {
  /** The request's Origin if it is one origin. */
  origin: 'req.http.bucket-cors-origin',
  /** The method that rules are compared with. */
  method: 'req.http.bucket-cors-method',
  /** The requested header names, in lower case, each with a comma after it. */
  names: 'req.http.bucket-cors-names',
} as const;
const { origin, method, names } = FACTS;

export const indent = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (line === '' ? '' : `    ${line}`));

/** The first rule that matches writes its headers. */
export function ruleLines(plan: Plan): readonly string[] {
  const lines = plan.rules.flatMap((planned, at) => [
    `${at === 0 ? 'if' : '} elseif'} (${conditionOf(plan, planned)}) {`,
    ...indent([`# Rule ${planned.rule.number}`, ...headerLines(planned)]),
  ]);
  return lines.length === 0 ? [] : [...lines, '}'];
}

function conditionOf(plan: Plan, planned: PlannedRule): string {
  const { rule } = planned;
  const constant = plan.methods.filter((one) => one.withoutOrigin?.number === rule.number);
  const origins = [...originConditions(planned), ...withoutOrigin(constant.map(({ method }) => method))];
  const both = [
    `${method} ~ ${oneOf(rule.rule.allowedMethods)}`,
    origins.length === 1 ? origins[0] : `(${origins.join('\n        || ')})`,
    ...namesCondition(planned),
  ];
  return both.join('\n    && ');
}

function originConditions({ rule, exact, patterns }: PlannedRule): readonly string[] {
  if (rule.origins.any) return [`${origin} != ""`];
  return [
    ...exact.map((entry) => equals(origin, entry)),
    ...patterns.map((pattern) => `${origin} ~ ${regex(originRegex(pattern))}`),
  ];
}

/** Where every origin gets the same headers, a request without one gets them too: caches store one answer. */
const withoutOrigin = (methods: readonly string[]): readonly string[] =>
  methods.length === 0 ? [] : [`req.method ~ ${oneOf(methods)}`];

/** Compared in place: a copy for each rule would fill the workspace of the request. */
function namesCondition({ rule }: PlannedRule): readonly string[] {
  if (rule.headers.any) return [];
  return rule.rule.allowedHeaders.length === 0
    ? [`${names} == ""`]
    : [`${names} ~ ${regex(listRegex(rule))}`];
}

function headerLines(planned: PlannedRule): readonly string[] {
  const { rule, allowOrigin, credentials } = planned;
  const set = (header: string, value: string) => `set resp.http.${header} = ${value};`;
  const named = credentials === 'none' ? null : credentialsCondition(planned);
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
function credentialsCondition({ rule, credentials, exact, patterns }: PlannedRule): string | null {
  const named = exact.filter((entry) => entry !== 'null');
  if (credentials === 'exact' && named.length === 0) return null;
  if (credentials === 'exact' && patterns.length > 0)
    return named.map((entry) => equals(origin, entry)).join('\n        || ');
  return matchesEntries(rule.origins, 'null') ? `${origin} != "null"` : '';
}
