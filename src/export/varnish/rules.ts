import * as headers from '../../cors/names.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { constantMethods, credentialsOf } from '../planned.ts';
import { listRegex, originRegex } from '../regex.ts';
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
  const origins = [...originConditions(planned), ...withoutOrigin(constantMethods(plan, planned))];
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
  const { rule, allowOrigin } = planned;
  const set = (header: string, value: string) => `set resp.http.${header} = ${value};`;
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
    ...credentialsLines(credentialsCondition(planned), set(headers.ALLOW_CREDENTIALS, '"true"')),
  ];
}

const credentialsLines = (condition: string | null, line: string): readonly string[] => {
  if (condition === null) return [];
  return condition === '' ? [line] : [`if (${condition}) {`, `    ${line}`, '}'];
};

/** An empty condition is true, null is false. */
function credentialsCondition(planned: PlannedRule): string | null {
  const origins = credentialsOf(planned);
  if (origins === 'none') return null;
  if (origins === 'all') return '';
  if (origins === 'all but null') return `${origin} != "null"`;
  return origins.map((entry) => equals(origin, entry)).join('\n        || ');
}
