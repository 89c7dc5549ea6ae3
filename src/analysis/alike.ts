import type { Behaviour } from '../cors/behaviour.ts';
import { compileRules } from '../cors/compile.ts';
import type { Rule, RuleSet } from '../cors/rule.ts';
import { changesOf } from './changes.ts';

/** Whether two rule sets have as many rules and answer every request alike, whatever the order of values. */
export function answersAlike(one: RuleSet, other: RuleSet, behaviour: Behaviour): boolean {
  if (one.rules.length !== other.rules.length) return false;
  const [was, is] = [compileRules(sorted(one), behaviour), compileRules(sorted(other), behaviour)];
  const { changes, complete } = changesOf(was, is);
  return changes.length === 0 && complete;
}

/** The values of each rule in one order: that of methods and exposed headers shows in answers, and means nothing. */
export const sorted = (ruleSet: RuleSet): RuleSet => ({ ...ruleSet, rules: ruleSet.rules.map(inOrder) });

/** A rule with each list in alphabetical order. */
export const inOrder = (rule: Rule): Rule => ({
  ...rule,
  allowedOrigins: [...rule.allowedOrigins].sort(),
  allowedMethods: [...rule.allowedMethods].sort(),
  allowedHeaders: [...rule.allowedHeaders].sort(),
  exposeHeaders: [...rule.exposeHeaders].sort(),
});
