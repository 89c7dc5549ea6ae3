import { answer, type VaryReason, varyOf } from './answer.ts';
import type { CompiledRule, CompiledRules } from './compile.ts';
import {
  type Condition,
  type Decision,
  decide,
  type Facts,
  failedCondition,
  refusedAt,
  type Wanted,
  wanted,
} from './decide.ts';
import { becauseOfVary } from './explain-vary.ts';
import { laterRule, nearMiss } from './near.ts';
import { insteadClause, sentInstead } from './near-origin.ts';
import { isOneOrigin } from './origin.ts';
import type { Reason } from './reason.ts';
import { refusal } from './refusal.ts';
import { isMethod, METHODS } from './rule.ts';
import type { Resource } from './traits.ts';
import { varyHeader } from './vary.ts';

/** The result for one rule, with the compared values. */
export interface Verdict {
  /** Counted from 1, as in the document. */
  readonly rule: number;
  readonly id?: string;
  readonly outcome: 'matched' | 'failed' | 'not_reached';
  /** Only where `outcome` is `failed`: the first condition not met, the request's value, and the rule's list. */
  readonly condition?: Condition;
  readonly actual?: string;
  readonly expected?: readonly string[];
}

export interface Explanation {
  readonly kind: Decision['kind'];
  readonly reason: Reason;
  /** The reason as a sentence, with the hint. */
  readonly because: string;
  /** What a rule almost says, or what browsers send in place of the origin, as a sentence. */
  readonly hint?: string;
  /** The number of the rule that applies, counted from 1. */
  readonly rule: number | null;
  /** Preflights only; an actual request has the bucket's own status. */
  readonly status?: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Why the headers have the Vary that they have, or no Vary. */
  readonly vary: { readonly reason: VaryReason; readonly because: string };
  readonly rules: readonly Verdict[];
}

/**
 * Explains a decision of `decide` rule by rule. It decides nothing itself.
 *
 * @example
 * const facts = { method: 'OPTIONS', origin: 'https://app.example', requestMethod: 'PUT', requestHeaders: null };
 * const { because, status, headers } = explain(rules, facts, 'OBJECT');
 */
export function explain(rules: CompiledRules, facts: Facts, resource: Resource): Explanation {
  const decision = decide(rules, facts);
  const sought = wanted(rules, facts);
  const verdicts = verdictsOf(rules, decision, sought);
  const { headers } = answer(rules, decision);
  const vary = varyOf(rules, decision);
  const because = sentence(rules, decision, sought?.method ?? facts.requestMethod ?? '', verdicts);
  const hint = hintOf(rules, decision, sought, verdicts);
  return {
    kind: decision.kind,
    reason: decision.reason,
    because: hint === null ? because : `${because.slice(0, -1)}; ${hint}.`,
    ...(hint !== null && { hint: `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.` }),
    rule: decision.rule?.number ?? null,
    ...(decision.kind === 'preflight' && {
      status: refusal(rules, decision, facts, resource)?.status ?? 200,
    }),
    headers: pairs([...headers, ...varyHeader([], vary.names)]),
    vary: { reason: vary.reason, because: becauseOfVary(rules, decision, vary.reason) },
    rules: verdicts,
  };
}

function hintOf(
  { rules }: CompiledRules,
  { reason, rule, origin }: Decision,
  sought: Wanted | null,
  verdicts: readonly Verdict[],
): string | null {
  const instead = sentInstead(origin ?? '');
  if (instead !== null) return insteadClause(instead);
  if (sought === null) return null;
  if (reason === 'matched') return rule === null ? null : laterRule(rules, rule, sought);
  const failed = CONDITIONS[reason];
  return failed === undefined
    ? null
    : nearMiss(
        rules,
        failed,
        sought,
        verdicts.map(({ condition }) => condition),
      );
}

const CONDITIONS: Readonly<Partial<Record<Reason, Condition>>> = {
  origin_not_allowed: 'origin',
  method_not_allowed: 'method',
  header_not_allowed: 'header',
};

function verdictsOf({ rules }: CompiledRules, decision: Decision, sought: Wanted | null): readonly Verdict[] {
  const reached = decision.reason === 'matched' ? (decision.rule?.number ?? 0) : rules.length;
  return rules.map((rule) => {
    const about = { rule: rule.number, ...(rule.rule.id !== undefined && { id: rule.rule.id }) };
    if (sought === null || rule.number > reached) return { ...about, outcome: 'not_reached' };
    const condition = failedCondition(rule, sought);
    if (condition === null) return { ...about, outcome: 'matched' };
    return { ...about, outcome: 'failed', condition, ...compared(rule, condition, sought) };
  });
}

function compared(compiled: CompiledRule, condition: Condition, sought: Wanted) {
  const { rule } = compiled;
  const requested = sought.headers ?? [];
  switch (condition) {
    case 'origin':
      return { actual: sought.origin, expected: rule.allowedOrigins };
    case 'method':
      return { actual: sought.method, expected: rule.allowedMethods };
    case 'header':
      return { actual: requested[refusedAt(compiled, requested)] ?? '', expected: rule.allowedHeaders };
  }
}

function sentence(
  rules: CompiledRules,
  decision: Decision,
  method: string,
  verdicts: readonly Verdict[],
): string {
  const { reason, rule, origin } = decision;
  switch (reason) {
    case 'matched':
      return `Rule ${rule?.number} is the first whose origin, method and requested headers all fit.`;
    case 'not_cors':
      return rule === null
        ? 'The request has no Origin header: it is not a CORS request.'
        : `The request has no Origin header; it carries the headers of rule ${rule.number} because every origin gets the same.`;
    case 'no_rules':
      return rules.state === 'missing'
        ? 'The store says that there is no such bucket.'
        : 'The bucket has no CORS rules.';
    case 'origin_not_allowed':
      if (!isOneOrigin(origin ?? '')) return severalOrigins(origin, rule);
      return `No rule lists the origin ${origin}. Origins are compared letter by letter, with scheme and port.`;
    case 'method_not_allowed':
      return isMethod(method)
        ? `${blamed(verdicts, 'method')} the origin ${origin} but not the method ${method}.`
        : `A rule cannot list the method ${method}, only ${METHODS.join(', ')}, in capitals.`;
    case 'header_not_allowed':
      return `${blamed(verdicts, 'header')} the origin and the method, but not every requested header: ${unmet(verdicts)}.`;
    case 'method_missing':
      return 'The preflight has no Access-Control-Request-Method header.';
    case 'origin_missing':
      return 'The OPTIONS request has no Origin header: it is not a preflight.';
    case 'rules_unavailable':
      return "The bucket's rules could not be read yet; see /rules on the admin port for the cause.";
  }
}

const severalOrigins = (origin: string | null, rule: CompiledRule | null): string =>
  `${origin} is not one origin: it contains a comma or a blank, so no rule is compared with it${
    rule === null
      ? '.'
      : `. The answer carries the headers of rule ${rule.number} because every origin gets the same.`
  }`;

function blamed(verdicts: readonly Verdict[], condition: Condition): string {
  const numbers = verdicts.filter((verdict) => verdict.condition === condition).map(({ rule }) => rule);
  if (numbers.length === 1) return `Rule ${numbers[0]} allows`;
  const more = numbers.length > MAX_NUMBERS ? ` and ${numbers.length - MAX_NUMBERS} more` : '';
  return `Rules ${numbers.slice(0, MAX_NUMBERS).join(', ')}${more} allow`;
}

/** Most rules that a sentence names. */
const MAX_NUMBERS = 10;

/** The refused headers, without duplicates: two rules may refuse different ones. */
const unmet = (verdicts: readonly Verdict[]): string =>
  [
    ...new Set(
      verdicts.flatMap(({ condition, actual }) => (condition === 'header' && actual ? [actual] : [])),
    ),
  ].join(', ');

const pairs = (flat: readonly string[]): [string, string][] =>
  flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as [string, string]] : []));
