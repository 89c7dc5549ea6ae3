import { traitsOf } from './behaviour.ts';
import type { CompiledRules } from './compile.ts';
import { type Decision, decide, type Facts } from './decide.ts';
import * as names from './names.ts';
import { type Entries, namesExactly } from './pattern.ts';

/** The CORS headers that follow from a decision. */
export interface Answer {
  readonly decision: Decision;
  /** The Access-Control-* headers, flat: name, value, name, value. */
  readonly headers: readonly string[];
  /** The names to merge into the bucket's own Vary. */
  readonly vary: readonly string[];
  /** The rules are unknown: no cache may store this response (promise 2). */
  readonly noStore: boolean;
}

/** Why an answer has the names in Vary that it has, or no names (semantics.md §4). */
export type VaryReason =
  | 'rules_unavailable'
  /** `vary: 'store'`: the names that the store itself sends. */
  | 'store'
  | 'preflight'
  | 'origins_differ'
  /** The answer is the same for every origin, but the rules ask for Vary. */
  | 'response_vary'
  | 'same_for_every_origin';

const NONE: readonly string[] = [];

/** Returns the headers that follow from a decision (semantics.md §3, §4). */
export function answer(rules: CompiledRules, decision: Decision): Answer {
  return {
    decision,
    headers: corsHeaders(rules, decision),
    vary: varyOf(rules, decision).names,
    noStore: decision.reason === 'rules_unavailable',
  };
}

/** Decides a request and returns its answer. */
export const answerTo = (rules: CompiledRules, facts: Facts): Answer => answer(rules, decide(rules, facts));

function corsHeaders(rules: CompiledRules, { rule, origin, requestedHeaders }: Decision): readonly string[] {
  if (rule === null) return NONE;
  // Without an Origin, only a rule that lists `*` applies (`constantRule` in decide.ts).
  const allowOrigin = rule.origins.any || origin === null ? '*' : origin;
  const headers = [names.ALLOW_ORIGIN, allowOrigin, names.ALLOW_METHODS, rule.allowMethods];
  if (requestedHeaders.length > 0) headers.push(names.ALLOW_HEADERS, requestedHeaders.join(', '));
  if (rule.exposeHeaders !== null) headers.push(names.EXPOSE_HEADERS, rule.exposeHeaders);
  if (rule.maxAge !== null) headers.push(names.MAX_AGE, rule.maxAge);
  if (allowsCredentials(rules, rule.origins, allowOrigin)) headers.push(names.ALLOW_CREDENTIALS, 'true');
  return headers;
}

/** Never true for `*` or `null` (semantics.md §3, Access-Control-Allow-Credentials). */
function allowsCredentials({ behaviour }: CompiledRules, origins: Entries, allowOrigin: string): boolean {
  if (allowOrigin === '*' || allowOrigin === 'null') return false;
  return (
    traitsOf(behaviour).allowsCredentials ||
    (behaviour.dangerouslyAllowCredentials && namesExactly(origins, allowOrigin))
  );
}

/** The names of an answer's Vary, and the reason. */
export interface Vary {
  readonly reason: VaryReason;
  readonly names: readonly string[];
}

const UNKNOWN: Vary = { reason: 'rules_unavailable', names: names.ORIGIN_VARY };
const UNKNOWN_PREFLIGHT: Vary = { reason: 'rules_unavailable', names: names.PREFLIGHT_VARY };
const PREFLIGHT: Vary = { reason: 'preflight', names: names.PREFLIGHT_VARY };
const DIFFERENT: Vary = { reason: 'origins_differ', names: names.ORIGIN_VARY };
const RESPONSE_VARY: Vary = { reason: 'response_vary', names: names.ORIGIN_VARY };
const SAME: Vary = { reason: 'same_for_every_origin', names: NONE };

/** Decides what an answer varies on (semantics.md §4). */
export function varyOf(rules: CompiledRules, decision: Decision): Vary {
  const { behaviour, constants, responseVary, state } = rules;
  const isPreflight = decision.kind === 'preflight';
  if (state === 'unavailable') return isPreflight ? UNKNOWN_PREFLIGHT : UNKNOWN;
  if (behaviour.vary === 'store') {
    return { reason: 'store', names: traitsOf(behaviour).storeVary(decision.rule !== null, responseVary) };
  }
  if (isPreflight) return PREFLIGHT;
  if (constants.get(decision.method) === 'depends') return DIFFERENT;
  return responseVary ? RESPONSE_VARY : SAME;
}
