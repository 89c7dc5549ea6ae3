import { neverAllowsMore } from '../analysis/diff.ts';
import { type CompiledRules, compileRules } from '../cors/compile.ts';
import type { Rule } from '../cors/rule.ts';

/**
 * Rewrites the rules that a target cannot say, and proves by the kernel that the rules which remain never allow more.
 * `rewrite` returns a narrower rule in place of one, or null to leave it out. A rule that is left out may have hidden a
 * wider one: each later rule that would then allow more is left out too. Null if no such rule set is found.
 */
export function narrowed(
  rules: CompiledRules,
  rewrite: (rule: Rule, number: number) => Rule | null,
): CompiledRules | null {
  let left: readonly Rule[] = rules.rules.flatMap(({ rule, number }) => rewrite(rule, number) ?? []);
  for (;;) {
    const found = compileRules({ rules: left, responseVary: rules.responseVary }, rules.behaviour);
    if (neverAllowsMore(rules, found) === true) return found;
    if (left.length === 0) return null;
    // The last rule first: those before it may still be exact.
    left = left.slice(0, -1);
  }
}
