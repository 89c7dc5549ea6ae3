import type { Plan, PlannedRule } from '../plan.ts';
import { namesRegex, originRegex } from '../regex.ts';
import { linesOf, quote } from './quote.ts';
import { STAR_LIMIT } from './room.ts';

/** The names of variables and acls, which begin with the export's own. */
export interface Names {
  /** The request's Origin, if it is one origin. */
  readonly origin: string;
  /** The method that rules are compared with. */
  readonly method: string;
  /** The requested header names, in lower case, each with a comma after it. */
  readonly requested: string;
  /** The number of the rule that applies. */
  readonly rule: string;
  /** The acl that a rule was found. */
  readonly found: string;
  /** The acl of a rule's origins, of those that it names without `*`, and of names that its AllowedHeaders lack. */
  readonly origins: (number: number) => string;
  readonly named: (number: number) => string;
  readonly lacks: (number: number) => string;
}

export const namesOf = (name: string): Names => ({
  origin: `txn.${name}_origin`,
  method: `txn.${name}_method`,
  requested: `txn.${name}_requested`,
  rule: `txn.${name}_rule`,
  found: `${name}_found`,
  origins: (number) => `${name}_origins_${number}`,
  named: (number) => `${name}_named_${number}`,
  lacks: (number) => `${name}_lacks_${number}`,
});

/** The first rule of the plan with the same value: rules share its acl. */
export const sharedBy = (plan: Plan, planned: PlannedRule, value: (one: PlannedRule) => unknown): number => {
  const key = JSON.stringify(value(planned));
  return (plan.rules.find((one) => JSON.stringify(value(one)) === key) ?? planned).rule.number;
};

export const originsOf = ({ exact, patterns }: PlannedRule) => [[...exact].sort(), patterns];
export const namedOf = ({ exact }: PlannedRule) => exact;
export const headersOf = ({ rule: { headers } }: PlannedRule) => [
  [...headers.exact].sort(),
  headers.patterns.map(({ source }) => source),
];

/** Whether credentials depend on the origin's being named without `*`. */
export const needsNamed = ({ credentials, exact, patterns }: PlannedRule): boolean =>
  credentials === 'exact' && exact.length > 0 && patterns.length > 0;

/** Whether a preflight must request no name, or only names that the rule lists. */
export const checksHeaders = ({ rule: { headers } }: PlannedRule): boolean => !headers.any;
const listsHeaders = ({ rule: { headers } }: PlannedRule): boolean =>
  !headers.any && headers.exact.length + headers.patterns.length > 0;

/** The condition that a preflight requests a name which the rule does not list. */
export const lackingOf = (plan: Plan, planned: PlannedRule, names: Names): string =>
  listsHeaders(planned)
    ? names.lacks(sharedBy(plan, planned, headersOf))
    : `{ var(${names.requested}) -m found }`;

/** The acls of the rules: their origins, and the names that their AllowedHeaders lack. Compared exactly, by case. */
export function aclLines(plan: Plan, names: Names): readonly string[] {
  const lines = plan.rules.flatMap((planned) => {
    const { rule, exact, patterns } = planned;
    const isFirst = (value: (one: PlannedRule) => unknown) => sharedBy(plan, planned, value) === rule.number;
    const origin = `var(${names.origin})`;
    return [
      ...(rule.origins.any || !isFirst(originsOf)
        ? []
        : [
            ...acl(names.origins(rule.number), `${origin} -m str`, exact.map(quote)),
            ...acl(
              names.origins(rule.number),
              `${origin} -m reg`,
              patterns.map((one) => quote(originRegex(one, `.{0,${STAR_LIMIT}}`))),
            ),
          ]),
      ...(needsNamed(planned) && isFirst(namedOf)
        ? acl(names.named(rule.number), `${origin} -m str`, exact.map(quote))
        : []),
      ...(listsHeaders(planned) && isFirst(headersOf)
        ? [`acl ${names.lacks(rule.number)} ${lacking(planned, names)} -m len 1:`]
        : []),
    ];
  });
  return lines;
}

/** Nothing remains of the requested names if the rule lists them all. */
const lacking = ({ rule }: PlannedRule, names: Names): string =>
  quote(`var(${names.requested}),regsub('${namesRegex(rule)}','',g)`);

function acl(name: string, compare: string, patterns: readonly string[]): readonly string[] {
  // A pattern that begins with `-` is no flag after `--`.
  const flag = patterns.some((pattern) => /^['"]?-/.test(pattern)) ? ' --' : '';
  return linesOf(patterns).map((line) => `acl ${name} ${compare}${flag} ${line}`);
}
