import type { Plan, PlannedRule } from './plan.ts';

/** Whether `null` is an origin that a rule matches: it never gets credentials (semantics.md §3). */
export const matchesNull = ({ exact, patterns }: PlannedRule): boolean =>
  exact.includes('null') ||
  patterns.some(
    ({ prefix, suffix }) =>
      'null'.length >= prefix.length + suffix.length && 'null'.startsWith(prefix) && 'null'.endsWith(suffix),
  );

/** Methods whose answer is this rule's for every origin, and for requests without one. */
export const constantMethods = (plan: Plan, { rule }: PlannedRule): readonly string[] =>
  plan.methods
    .filter(({ withoutOrigin }) => withoutOrigin?.number === rule.number)
    .map(({ method }) => method);

/**
 * The objections that a configuration must compare: without those that a later one implies, and without lists of origins
 * where every rule compares the origin, because a list is then refused like any origin that no rule allows.
 */
export function neededObjections(plan: Plan): Plan['objections'] {
  const { objections, refusedStatus, rules } = plan;
  const implies = objections.find(({ reason }) => reason === 'method_not_allowed');
  const comparesOrigins = rules.every((planned) => constantMethods(plan, planned).length === 0);
  return objections.filter(({ reason, status }) => {
    if (reason === 'method_missing') return implies?.status !== status;
    return reason !== 'origin_not_allowed' || status !== refusedStatus || !comparesOrigins;
  });
}
