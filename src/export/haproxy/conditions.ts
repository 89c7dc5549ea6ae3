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

/** What an acl of a rule compares, and null for a rule that writes no such acl. */
type Compared = (planned: PlannedRule) => readonly unknown[] | null;

/** The first rule of the plan that writes the same acl: rules share it. */
export const sharedBy = (plan: Plan, planned: PlannedRule, compared: Compared): number => {
  const key = JSON.stringify(compared(planned));
  return (plan.rules.find((one) => JSON.stringify(compared(one)) === key) ?? planned).rule.number;
};

export const originsOf: Compared = ({ rule, exact, patterns }) =>
  rule.origins.any ? null : [[...exact].sort(), patterns];
export const namedOf: Compared = (planned) => (needsNamed(planned) ? [...planned.exact].sort() : null);
export const headersOf: Compared = ({ rule: { headers } }) =>
  headers.any || headers.exact.length + headers.patterns.length === 0
    ? null
    : [[...headers.exact].sort(), headers.patterns.map(({ source }) => source)];

/** Whether credentials depend on the origin's being named without `*`. */
const needsNamed = ({ credentials, exact, patterns }: PlannedRule): boolean =>
  credentials === 'exact' && exact.length > 0 && patterns.length > 0;

/** Whether a preflight must request no name, or only names that the rule lists. */
export const checksHeaders = ({ rule: { headers } }: PlannedRule): boolean => !headers.any;

/** The condition that a preflight requests a name which the rule does not list. */
export const lackingOf = (plan: Plan, planned: PlannedRule, names: Names): string =>
  headersOf(planned) === null
    ? `{ var(${names.requested}) -m found }`
    : names.lacks(sharedBy(plan, planned, headersOf));

/** The acls of the rules: their origins, and the names that their AllowedHeaders lack. Compared exactly, by case. */
export function aclLines(plan: Plan, names: Names): readonly string[] {
  const lines = plan.rules.flatMap((planned) => {
    const { rule, exact, patterns } = planned;
    const writes = (compared: Compared) =>
      compared(planned) !== null && sharedBy(plan, planned, compared) === rule.number;
    const origin = `var(${names.origin})`;
    return [
      ...(writes(originsOf)
        ? [
            ...acl(names.origins(rule.number), `${origin} -m str`, exact.map(quote)),
            ...acl(
              names.origins(rule.number),
              `${origin} -m reg`,
              patterns.map((one) => quote(originRegex(one, `.{0,${STAR_LIMIT}}`))),
            ),
          ]
        : []),
      ...(writes(namedOf) ? acl(names.named(rule.number), `${origin} -m str`, exact.map(quote)) : []),
      ...(writes(headersOf) ? [`acl ${names.lacks(rule.number)} ${lacking(planned, names)} -m len 1:`] : []),
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
