import type { CompiledRules } from '../../cors/compile.ts';
import type { Rule } from '../../cors/rule.ts';
import { narrowed } from '../narrow.ts';
import { planOf } from '../plan.ts';
import type { Inexpressible } from '../target.ts';
import { isCheckedOrigin } from './allowed.ts';
import { draftOf } from './draft.ts';
import type { CdnConfig } from './functions.ts';
import { isPlainEntry, limitProblems, originProblems } from './limits.ts';

/** The configuration of a domain for rules, or why the CDN cannot say them. */
export type Configured =
  | { readonly ok: true; readonly config: CdnConfig }
  | { readonly ok: false; readonly refused: readonly Inexpressible[] };

export function configOf(rules: CompiledRules, name: string, isNarrower = false): Configured {
  const plan = planOf(rules);
  const problems = originProblems(plan);
  if (problems.length > 0) return { ok: false, refused: problems };
  const config = draftOf(rules, plan, name, isNarrower);
  const refused = limitProblems(plan, config);
  return refused.length > 0 ? { ok: false, refused } : { ok: true, config };
}

/** Narrower rules that the CDN can say, with their configuration: what loses least is tried first. */
export function narrowerConfig(
  rules: CompiledRules,
  name: string,
): { readonly enforced: CompiledRules; readonly config: CdnConfig } | null {
  const exposed = commonExposed(rules);
  const common = (rule: Rule): Rule => ({ ...rule, exposeHeaders: exposed });
  const first = rules.rules[0]?.rule;
  const attempts: readonly ((rule: Rule) => Rule | null)[] = [
    withOrigins(isPlainEntry),
    withOrigins(isSimple),
    (rule) => mapRule(withOrigins(isPlainEntry)(rule), common),
    (rule) => mapRule(withOrigins(isSimple)(rule), common),
    (rule) => mapRule(rule === first ? withOrigins(isSimple)(rule) : null, common),
    () => null,
  ];
  for (const rewrite of attempts) {
    const enforced = narrowed(rules, rewrite);
    if (enforced === null) continue;
    const configured = configOf(enforced, name, true);
    if (configured.ok) return { enforced, config: configured.config };
  }
  return null;
}

/** Every origin, or one that the origin check compares. */
const isSimple = (entry: string): boolean =>
  entry === '*' || (isPlainEntry(entry) && !entry.includes('*') && isCheckedOrigin(entry));

const withOrigins =
  (isFit: (entry: string) => boolean) =>
  (rule: Rule): Rule | null => {
    const allowedOrigins = rule.allowedOrigins.filter(isFit);
    return allowedOrigins.length > 0 ? { ...rule, allowedOrigins } : null;
  };

const mapRule = (rule: Rule | null, change: (rule: Rule) => Rule): Rule | null =>
  rule === null ? null : change(rule);

/** The headers that every rule exposes. */
function commonExposed({ rules }: CompiledRules): readonly string[] {
  const [first, ...others] = rules.map(({ rule }) => rule.exposeHeaders);
  return (first ?? []).filter((name) =>
    others.every((list) => list.some((one) => one.toLowerCase() === name.toLowerCase())),
  );
}
