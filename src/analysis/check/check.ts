import type { RuleSet } from '../../cors/rule.ts';
import { type Code, SEVERITIES } from '../../document/codes.ts';
import { CACHES } from './caches.ts';
import { type CheckOptions, type Checks, type Context, contextOf, type Draft } from './context.ts';
import type { Finding } from './finding.ts';
import { HEADERS } from './headers.ts';
import { LIMITS } from './limits.ts';
import { METHOD_CHECKS } from './methods.ts';
import { ORDER } from './order.ts';
import { ORIGINS } from './origins.ts';
import { shown } from './shown.ts';

/** A document's reader makes the findings of BC0 (its form and values). */
export type RuleCode = Exclude<Code, `BC0${string}`>;

/** A check for every code of rules. */
const CHECKS: Checks<RuleCode> = {
  ...ORIGINS,
  ...METHOD_CHECKS,
  ...HEADERS,
  ...ORDER,
  ...CACHES,
  ...LIMITS,
};

/** The codes of rules, in their order. */
export const RULE_CODES = (Object.keys(CHECKS) as RuleCode[]).sort();

/** Most findings of one code; one more counts the rest. */
const MOST = 50;

/**
 * Finds what in valid rules does not do what its author means. Pure; never throws. The findings are in the order of the
 * rules, those of the whole rule set last. One place has at most one finding of a code.
 */
export function checkRules(ruleSet: RuleSet, options: CheckOptions): readonly Finding[] {
  const context = contextOf(ruleSet, options);
  const findings = RULE_CODES.flatMap((code) => capped(code, context, draftsOf(code, context)));
  return findings.sort((one, other) => (one.rule ?? LAST) - (other.rule ?? LAST));
}

const LAST = Number.MAX_SAFE_INTEGER;

/** Every finding of one code. */
export const draftsOf = (code: RuleCode, context: Context): readonly Draft[] => [...CHECKS[code](context)];

function capped(code: RuleCode, context: Context, drafts: readonly Draft[]): readonly Finding[] {
  const findings = drafts.slice(0, MOST).map((draft) => findingOf(code, draft, context));
  const more = drafts.length - MOST;
  if (more <= 0) return findings;
  const rest: Draft = {
    rule: null,
    reason: `has ${more} more findings of ${code}`,
    write: 'rules without the findings above',
  };
  return [...findings, findingOf(code, rest, context)];
}

/** A hostile value fills no log through its findings. */
const bounded = (text: string): string => (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text);

/** Characters. */
const MOST_TEXT = 800;

/** A finding with its code and its place. */
export function findingOf(code: RuleCode, draft: Draft, { placeOf, withSecret }: Context): Finding {
  const { rule, field, index, value, reason, write, rewritten, severity } = draft;
  const isShown = rewritten !== undefined && !withSecret().has(rule ?? 0);
  return {
    code,
    severity: severity ?? SEVERITIES[code],
    rule,
    place: placeOf(rule, field, index === undefined ? undefined : index + 1),
    ...(value !== undefined && { value: shown(value) }),
    reason: bounded(reason),
    write: bounded(write),
    ...(isShown && { rewritten }),
  };
}
