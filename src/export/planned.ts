import { matchesEntries } from '../cors/pattern.ts';
import type { Plan, PlannedRule } from './plan.ts';

/** Whether `null` is an origin that a rule matches: it never gets credentials (semantics.md §3). */
export const matchesNull = ({ rule }: PlannedRule): boolean => matchesEntries(rule.origins, 'null');

/** Who gets credentials among the origins of a rule: all, none, or these. */
export function credentialsOf(planned: PlannedRule): 'all' | 'none' | 'all but null' | readonly string[] {
  const { credentials, exact, patterns } = planned;
  const named = exact.filter((origin) => origin !== 'null');
  if (credentials === 'none') return 'none';
  if (credentials === 'exact' && named.length === 0) return 'none';
  if (credentials === 'exact' && patterns.length > 0) return named;
  return matchesNull(planned) ? 'all but null' : 'all';
}

/** Methods whose answer is this rule's for every origin, and for requests without one. */
export const constantMethods = (plan: Plan, { rule }: PlannedRule): readonly string[] =>
  plan.methods
    .filter(({ withoutOrigin }) => withoutOrigin?.number === rule.number)
    .map(({ method }) => method);

/**
 * The objections that a configuration must compare: without those that a later one implies, without what follows the
 * objection that there are no rules, and without a last one for lists of origins where every rule compares the origin,
 * because a list is then refused like any origin that no rule allows. `comparesOrigins`: rules compare the origin of every
 * preflight.
 */
export function neededObjections(
  plan: Plan,
  comparesOrigins = plan.rules.every((planned) => constantMethods(plan, planned).length === 0),
): Plan['objections'] {
  const { refusedStatus } = plan;
  const end = plan.objections.findIndex(({ reason }) => reason === 'no_rules');
  const objections = end === -1 ? plan.objections : plan.objections.slice(0, end + 1);
  const implies = objections.find(({ reason }) => reason === 'method_not_allowed');
  return objections.filter(({ reason, status }, at) => {
    if (reason === 'method_missing') return implies?.status !== status;
    const isLast = at === objections.length - 1;
    return reason !== 'origin_not_allowed' || status !== refusedStatus || !comparesOrigins || !isLast;
  });
}
