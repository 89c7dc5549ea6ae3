import { type CompiledRule, type CompiledRules, compileRules } from '../../cors/compile.ts';
import type { Rule } from '../../cors/rule.ts';
import { type ComparisonBudget, compareByClasses, comparisonBudget } from '../audit/classes.ts';
import { type AuditFinding, sortedFindings } from '../audit/finding.ts';
import type { Inexpressible } from '../target.ts';
import { dividing } from './dividing.ts';
import { type CorsRoute, inLimits, routesOf } from './filter.ts';
import { gatewayAnswer } from './model.ts';
import { whyNot } from './origin.ts';
import { reasonOf, reasonsOfLength, reasonsOfRules } from './reasons.ts';

/** The filters for rules, and what they cannot say of them. */
export interface Filtering {
  /** Empty: no page may do anything. */
  readonly routes: readonly CorsRoute[];
  readonly lost: readonly Inexpressible[];
  /** The rules that the filters are made of. */
  readonly enforced: CompiledRules;
}

/** The filters whose answers browsers take as they take those of the rules, or why no filters have them. */
export function exactRoutes(rules: CompiledRules): Filtering | readonly Inexpressible[] {
  const routes = routesOf(rules);
  const reasons = [...reasonsOfRules(rules), ...reasonsOfLength(routes)];
  if (reasons.length > 0) return reasons;
  const { findings, complete } = differencesFrom(rules, routes, comparisonBudget());
  if (findings.length > 0) return reasonsFor(rules, findings);
  return complete ? { routes, lost: [], enforced: rules } : [TOO_MANY];
}

const TOO_MANY: Inexpressible = {
  rules: [],
  origins: [],
  methods: [],
  what: 'The rules are too many, or have too many patterns, to compare all requests with those of a filter.',
  nearest: 'Fewer rules.',
};

/** What pages notice of filters in place of the rules. Origins that no browser sends do not count. */
function differencesFrom(rules: CompiledRules, routes: readonly CorsRoute[], budget: ComparisonBudget) {
  const { findings, complete } = compareByClasses(
    rules,
    dividing(routes),
    { answer: (request) => gatewayAnswer({ routes, varies: true }, request) },
    budget,
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
 * Filters that never allow more than the rules: made of those rules, in their order, that they can have without letting a
 * page do more. Null if no rule is left.
 */
export function narrowerRoutes(rules: CompiledRules): Filtering | null {
  let of: readonly Rule[] = [];
  const budget = comparisonBudget();
  /** Adds rules all at once, else each half of them. */
  const add = (more: readonly Rule[]): void => {
    const together = [...of, ...more];
    const routes = routesOf(compiled(rules, together));
    if (reasonsOfLength(routes).length === 0) {
      const { findings, complete } = differencesFrom(rules, routes, budget);
      if (complete && findings.every(({ direction }) => direction !== 'wider')) {
        of = together;
        return;
      }
    }
    if (more.length === 1 || budget.left < 0) return;
    const half = Math.ceil(more.length / 2);
    add(more.slice(0, half));
    add(more.slice(half));
  };
  const all = rules.rules.flatMap(sayable);
  if (all.length > 0) add(all);
  if (of.length === 0) return null;
  const enforced = compiled(rules, of);
  const routes = routesOf(enforced);
  // The reasons of the rules say what the entries lose that no filter can say.
  const compared = of.length < all.length ? rules : enforced;
  const lost = [
    ...reasonsOfRules(rules),
    ...reasonsFor(rules, differencesFrom(compared, routes, comparisonBudget()).findings),
  ];
  return { routes, lost, enforced };
}

const compiled = ({ behaviour, responseVary }: CompiledRules, rules: readonly Rule[]): CompiledRules =>
  compileRules({ rules, responseVary }, behaviour);

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
      ...(maxAgeSeconds !== undefined && { maxAgeSeconds: inLimits(maxAgeSeconds) }),
    },
  ];
}
