import { type CompiledRule, type CompiledRules, compileRules } from '../../cors/compile.ts';
import { matchesEntries } from '../../cors/pattern.ts';
import type { Rule } from '../../cors/rule.ts';
import { compareByClasses } from '../audit/classes.ts';
import { type AuditFinding, sortedFindings } from '../audit/finding.ts';
import type { Inexpressible } from '../target.ts';
import { dividing } from './dividing.ts';
import { type CorsFilter, filterOf, LEAST_MAX_AGE, MOST_ITEMS, MOST_MAX_AGE } from './filter.ts';
import { gatewayAnswer } from './model.ts';
import { whyNot } from './origin.ts';
import { reasonOf, reasonsOfLength, reasonsOfRules } from './reasons.ts';

/** The filter for rules, and what it cannot say of them. */
export interface Filtering {
  readonly cors: CorsFilter | null;
  readonly lost: readonly Inexpressible[];
  /** The rules that the filter is made of. */
  readonly enforced: CompiledRules;
}

/** The filter whose answers browsers take as they take those of the rules, or the reasons why there is no such filter. */
export function exactFilter(rules: CompiledRules): Filtering | readonly Inexpressible[] {
  const cors = filterOf(rules);
  if (cors === null) return { cors, lost: [], enforced: rules };
  const reasons = [...reasonsOfRules(rules), ...reasonsOfLength(cors)];
  if (reasons.length > 0) return reasons;
  const { findings, complete } = differencesFrom(rules, cors);
  if (findings.length > 0) return reasonsFor(rules, findings);
  return complete ? { cors, lost: [], enforced: rules } : [TOO_MANY];
}

const TOO_MANY: Inexpressible = {
  rules: [],
  origins: [],
  methods: [],
  what: 'The rules are too many, or have too many patterns, to compare all requests with those of a filter.',
  nearest: 'Fewer rules.',
};

/** What pages notice of a filter in place of the rules. Origins that no browser sends do not count. */
function differencesFrom(rules: CompiledRules, cors: CorsFilter) {
  const { findings, complete } = compareByClasses(rules, dividing(cors), (request) =>
    gatewayAnswer({ cors, varies: true }, request),
  );
  const noticed = findings.filter(({ origins }) => origins.some(({ isUsual }) => isUsual));
  return { findings: sortedFindings(noticed), complete };
}

const reasonsFor = (rules: CompiledRules, findings: readonly AuditFinding[]): readonly Inexpressible[] => [
  ...new Map(
    findings.map((finding) => reasonOf(rules, finding)).map((reason) => [JSON.stringify(reason), reason]),
  ).values(),
];

/**
 * A filter that never allows more than the rules: made of those rules, in their order, that one filter can have without
 * letting a page do more. Null if no rule is left.
 */
export function narrowerFilter(rules: CompiledRules): Filtering | null {
  let found: { readonly of: readonly Rule[]; readonly cors: CorsFilter } | null = null;
  for (const rule of rules.rules.flatMap(sayable)) {
    const of: readonly Rule[] = [...(found?.of ?? []), rule];
    const cors = filterOf(compiled(rules, of));
    if (cors === null || cors.allowOrigins.length > MOST_ITEMS || reasonsOfLength(cors).length > 0) continue;
    if (found !== null && !isLike(found.cors, cors) && !overlaps(rules, found.of, rule)) continue;
    const { findings, complete } = differencesFrom(rules, cors);
    if (complete && findings.every(({ direction }) => direction !== 'wider')) found = { of, cors };
  }
  if (found === null) return null;
  const { cors, of } = found;
  const lost = [...reasonsOfRules(rules), ...reasonsFor(rules, differencesFrom(rules, cors).findings)];
  return { cors, lost, enforced: compiled(rules, of) };
}

const compiled = ({ behaviour, responseVary }: CompiledRules, rules: readonly Rule[]): CompiledRules =>
  compileRules({ rules, responseVary }, behaviour);

/** Whether two filters differ in their origins only; else the second can say the same only of common origins. */
const isLike = (one: CorsFilter, other: CorsFilter): boolean =>
  JSON.stringify({ ...one, allowOrigins: [] }) === JSON.stringify({ ...other, allowOrigins: [] });

const overlaps = (rules: CompiledRules, of: readonly Rule[], rule: Rule): boolean =>
  compiled(rules, of).rules.some(({ origins }) =>
    rule.allowedOrigins.some((entry) => matchesEntries(origins, entry)),
  );

/** A rule without the entries that a filter cannot say; nothing if no origin is left. */
function sayable({ rule, origins }: CompiledRule): readonly Rule[] {
  const allowedOrigins = origins.any ? ['*'] : rule.allowedOrigins.filter((entry) => whyNot(entry) === null);
  if (allowedOrigins.length === 0) return [];
  const { maxAgeSeconds, ...others } = rule;
  return [
    {
      ...others,
      allowedOrigins,
      allowedHeaders: rule.allowedHeaders.filter((name) => name === '*' || !name.includes('*')),
      ...(maxAgeSeconds !== undefined && {
        maxAgeSeconds: Math.min(MOST_MAX_AGE, Math.max(LEAST_MAX_AGE, maxAgeSeconds)),
      }),
    },
  ];
}
