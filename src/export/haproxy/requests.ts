import type { CompiledRules } from '../../cors/compile.ts';
import { METHODS } from '../../cors/rule.ts';
import type { Objection } from '../../cors/traits.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { neededObjections } from '../planned.ts';
import { refusalBody } from '../refusal-body.ts';
import { checksHeaders, lackingOf, type Names, originsOf, sharedBy } from './conditions.ts';
import { quote } from './quote.ts';
import { REQUESTED_LIMIT } from './room.ts';

/** Lines with a comment before them. */
export interface Part {
  readonly about: string;
  readonly lines: readonly string[];
}

const ORIGIN = 'req.fhdr(origin)';
const REQUEST_METHOD = 'req.fhdr(access-control-request-method)';
const REQUEST_HEADERS = 'req.fhdr(access-control-request-headers)';
const once = (header: string): string => `{ ${header.replace('fhdr', 'fhdr_cnt')} 1 }`;
const several = (header: string): string => `{ ${header.replace('fhdr', 'fhdr_cnt')} gt 1 }`;
const isMissing = (header: string): string => `!${several(header)} !{ ${header} -m len 1: }`;

/** Sets the variables that the rules are compared with. `req.fhdr` does not divide values at commas. */
export const factsPart = ({ origin, method, requested }: Names): Part => ({
  about:
    'Facts of the request: one Origin, the method in question, and the requested names, each with a comma.',
  lines: [
    `http-request set-var(${origin}) ${ORIGIN} if ${once(ORIGIN)} { ${ORIGIN} -m reg '^[^,[:blank:]]+$' }`,
    `http-request set-var(${method}) method if !METH_OPTIONS`,
    `http-request set-var(${method}) ${REQUEST_METHOD} if METH_OPTIONS ${once(REQUEST_METHOD)}`,
    `http-request set-var(${requested}) ${quoteNames(`${REQUEST_HEADERS},lower,concat(',',,),`)} if METH_OPTIONS`,
    `http-request unset-var(${requested}) if !{ var(${requested}) -m len 1: }`,
    // HAProxy cannot join the lines of a list. No browser sends more than one.
    `http-request unset-var(${origin}) if METH_OPTIONS ${several(REQUEST_HEADERS)} || { var(${requested}) -m len ${REQUESTED_LIMIT + 1}: }`,
  ],
});

/** Blanks and empty names are dropped, the rest is `a,b,`. Without the look-behind, many blanks take quadratic time. */
const quoteNames = (value: string): string =>
  quote(`${value}regsub('(?<![[:blank:]])[[:blank:]]*,[[:blank:],]*',',',g),regsub('^,','')`);

/** The first rule that matches applies. */
export function rulesPart(plan: Plan, names: Names): Part {
  const isFound = plan.rules.length > 1 ? ` !${names.found}` : '';
  return {
    about: 'The first rule that matches applies.',
    lines: [
      ...plan.rules.map((planned, at) => {
        const set = `http-request set-var(${names.rule}) int(${planned.rule.number})`;
        return `${set} if${at === 0 ? '' : isFound} ${conditionsOf(plan, planned, names)}`;
      }),
      ...withoutOrigin(plan, names),
    ],
  };
}

function conditionsOf(plan: Plan, planned: PlannedRule, names: Names): string {
  const { rule } = planned;
  const origin = rule.origins.any
    ? `{ var(${names.origin}) -m found }`
    : names.origins(sharedBy(plan, planned, originsOf));
  const methods = `{ var(${names.method}) -m str ${rule.rule.allowedMethods.join(' ')} }`;
  return [origin, methods, ...(checksHeaders(planned) ? [`!${lackingOf(plan, planned, names)}`] : [])].join(
    ' ',
  );
}

/** Where every origin gets the same headers, a request without one gets them too: caches store one answer. */
function withoutOrigin({ methods }: Plan, { rule, origin, method }: Names): readonly string[] {
  const byRule = Map.groupBy(methods, ({ withoutOrigin }) => withoutOrigin?.number ?? null);
  return [...byRule].flatMap(([number, same]) =>
    number === null
      ? []
      : [
          `http-request set-var(${rule}) int(${number}) if !METH_OPTIONS !{ var(${origin}) -m found } ` +
            `{ var(${method}) -m str ${same.map((one) => one.method).join(' ')} }`,
        ],
  );
}

/** Every OPTIONS is answered here. */
export function preflightPart(rules: CompiledRules, plan: Plan, names: Names): Part {
  const refuse = (status: number, reason: Objection | 'unmatched', condition: string) =>
    `http-request return status ${status} content-type application/xml string ` +
    `${quote(refusalBody(rules, reason))} if METH_OPTIONS${condition === '' ? '' : ` ${condition}`}`;
  const conditions: Readonly<Record<Objection, string>> = {
    origin_missing: isMissing(ORIGIN),
    method_missing: isMissing(REQUEST_METHOD),
    method_not_allowed: `!{ var(${names.method}) -m str ${METHODS.join(' ')} }`,
    origin_not_allowed: `!{ var(${names.origin}) -m found }`,
    no_rules: '',
    rules_unavailable: '',
  };
  return {
    about: 'Preflights are answered here. No OPTIONS request reaches the bucket.',
    lines: [
      ...(plan.rules.length > 0 ? [`http-request return status 200 if METH_OPTIONS ${names.found}`] : []),
      ...neededObjections(plan, true).map(({ reason, status }) => refuse(status, reason, conditions[reason])),
      ...(plan.objections.some(({ reason }) => reason === 'no_rules')
        ? []
        : [refuse(plan.refusedStatus, 'unmatched', '')]),
    ],
  };
}

export const bucketPart = (lines: readonly string[]): Part => ({
  about: 'The bucket has no part in CORS.',
  lines: [
    'http-request del-header Origin',
    'http-request del-header Access-Control-Request- -m beg',
    ...lines,
  ],
});
