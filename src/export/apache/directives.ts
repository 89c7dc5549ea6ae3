import type { CompiledRule, CompiledRules } from '../../cors/compile.ts';
import type { Plan, PlannedRule } from '../plan.ts';
import { neededObjections } from '../planned.ts';
import { refusalBody } from '../refusal-body.ts';
import {
  credentialsCondition,
  isOneOf,
  namesRegex,
  objects,
  REGEX_LIMIT,
  ruleConditions,
  termsOf,
} from './conditions.ts';

type Lines = readonly string[];

/** Characters of a directive on one line. */
const WIDTH = 110;

/** Sets variables where all conditions hold true. */
function setWhere(conditions: Lines, variables: Lines): string {
  const line = `SetEnvIfExpr "${conditions.join(' && ')}" ${variables.join(' ')}`;
  return line.length <= WIDTH
    ? line
    : `SetEnvIfExpr "${conditions.join(' \\\n    && ')}" \\\n    ${variables.join(' ')}`;
}

/**
 * `$` and a digit stand for a part of the last match. A value that begins with `!` would remove the variable: before it
 * stands a part that no expression here has.
 */
const variable = (name: string, value: string): string =>
  `"${name}=${value.startsWith('!') ? '$9' : ''}${value.replaceAll('$', '\\$')}"`;

/** What a request has: variables, because the headers are removed before it is sent to the bucket. */
export function facts(name: string): Lines {
  const { preflight } = termsOf(name);
  // `req` would add the names to Vary; `req_novary` does not.
  return [
    `SetEnvIf Origin         "(.+)"      ${name}_origin=$1`,
    `SetEnvIf Request_Method "(.+)"      ${name}_method=$1`,
    `SetEnvIf Request_Method "^OPTIONS$" ${name}_preflight !${name}_method`,
    setWhere(
      [`-n ${preflight}`, `req_novary('Access-Control-Request-Method') =~ m#(.+)#`],
      [`${name}_method=$1`],
    ),
    setWhere(
      [`-n ${preflight}`, `tolower(req_novary('Access-Control-Request-Headers')) =~ m#(.+)#`],
      [`${name}_names=$1`],
    ),
    '# The document of an error is a request of its own, within the first one.',
    ...['origin', 'method'].map((fact) =>
      setWhere([`reqenv('REDIRECT_${name}_${fact}') =~ m#(.+)#`], [`${name}_${fact}=$1`]),
    ),
  ];
}

/** Preflights that are refused before any rule, in the order in which the store checks them. */
export function objections(name: string, rules: CompiledRules, plan: Plan): Lines {
  const terms = termsOf(name);
  return neededObjections(plan).map(({ reason, status }) => {
    const condition = objects(terms)[reason];
    return setWhere(
      [`-n ${terms.preflight}`, `-z ${terms.rule}`, ...(condition === null ? [] : [condition])],
      refused(name, status, refusalBody(rules, reason)),
    );
  });
}

const refused = (name: string, status: number, body: string): Lines => [
  `${name}_rule=none ${name}_status=${status} \\\n   `,
  variable(`${name}_body`, body),
];

/** The first rule of which all conditions hold true, with its values. */
export function ruleDirectives(name: string, plan: Plan, planned: PlannedRule): Lines {
  const { rule, allowOrigin } = planned;
  const terms = termsOf(name);
  const who = credentialsCondition(planned, terms.origin);
  const values = [
    `${name}_rule=${rule.number} ${name}_status=200`,
    allowOrigin === '*' ? `${name}_any` : `${name}_echo`,
    variable(`${name}_methods`, rule.allowMethods),
    ...(rule.exposeHeaders === null ? [] : [variable(`${name}_expose`, rule.exposeHeaders)]),
    ...(rule.maxAge === null ? [] : [`${name}_max_age=${rule.maxAge}`]),
    ...(who === 'all' ? [`${name}_credentials`] : []),
  ];
  const some = who === 'all' || who === 'none' ? [] : [who];
  return [
    `# Rule ${rule.number}`,
    ...longNames(name, rule),
    setWhere([`-z ${terms.rule}`, ...ruleConditions(plan, planned, terms)], values),
    ...some.map((condition) =>
      setWhere([`${terms.rule} == '${rule.number}'`, condition], [`${name}_credentials`]),
    ),
  ];
}

/** A list of names that is too long for an expression; that of a directive may be longer. It reads the header itself. */
function longNames(name: string, rule: CompiledRule): Lines {
  const regex = rule.headers.any ? '' : namesRegex(rule);
  if (regex.length <= REGEX_LIMIT) return [];
  return [`SetEnvIfNoCase Access-Control-Request-Headers "^${regex}$" \\\n    ${name}_names_${rule.number}`];
}

/** What follows from the rule: a refusal, Allow-Headers, Vary. */
export function conclusions(name: string, rules: CompiledRules, plan: Plan): Lines {
  const { preflight, rule, names: asked, method } = termsOf(name);
  const varied = plan.methods.filter(({ variesByOrigin }) => variesByOrigin);
  return [
    ...(plan.objections.some(({ reason }) => reason === 'no_rules')
      ? []
      : [
          setWhere(
            [`-n ${preflight}`, `-z ${rule}`],
            refused(name, plan.refusedStatus, refusalBody(rules, 'unmatched')),
          ),
        ]),
    ...(echoes(plan)
      ? [
          setWhere(
            [`-n ${rule}`, `${rule} != 'none'`, `${asked} =~ m#([^,\\x20\\t](?:.*[^,\\x20\\t])?)#`],
            [`${name}_allow_headers=$1`],
          ),
        ]
      : []),
    ...(plan.otherMethod.variesByOrigin || varied.length === 0
      ? []
      : [
          setWhere(
            [
              isOneOf(
                method,
                varied.map((one) => one.method),
              ),
            ],
            [`${name}_varies`],
          ),
        ]),
  ];
}

/** Whether a preflight can be allowed that asks for headers. */
export const echoes = ({ rules }: Plan): boolean =>
  rules.some(({ rule }) => rule.rule.allowedHeaders.length > 0);
