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
  readonly varyReason: VaryReason;
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
  const varyReason = varyReasonOf(rules, decision);
  return {
    decision,
    headers: corsHeaders(rules, decision),
    vary: varyNames(rules, decision, varyReason),
    varyReason,
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

function varyReasonOf(
  { behaviour, constants, responseVary, state }: CompiledRules,
  decision: Decision,
): VaryReason {
  if (state === 'unavailable') return 'rules_unavailable';
  if (behaviour.vary === 'store') return 'store';
  if (decision.kind === 'preflight') return 'preflight';
  if (constants.get(decision.method) === 'depends') return 'origins_differ';
  return responseVary ? 'response_vary' : 'same_for_every_origin';
}

function varyNames({ behaviour, responseVary }: CompiledRules, { kind, rule }: Decision, reason: VaryReason) {
  if (reason === 'same_for_every_origin') return NONE;
  if (reason === 'store') return traitsOf(behaviour).storeVary(rule !== null, responseVary);
  return kind === 'preflight' ? names.PREFLIGHT_VARY : names.ORIGIN_VARY;
}
