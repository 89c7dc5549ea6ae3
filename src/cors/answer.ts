import type { CompiledRules } from './compile.ts';
import type { Decision } from './decide.ts';
import * as names from './names.ts';
import { type Entries, namesExactly } from './pattern.ts';

export interface Answer {
  /** The Access-Control-* headers, flat: name, value, name, value. */
  readonly headers: readonly string[];
  /** The names this answer adds to Vary, to be merged with the bucket's own. */
  readonly vary: readonly string[];
  /** The rules are not known: no copy of this response may be kept (promise 2). */
  readonly noStore: boolean;
}

const NONE: readonly string[] = [];

/** Makes the headers of a response from a decision (semantics.md §3, §4). */
export function answer(rules: CompiledRules, decision: Decision): Answer {
  return {
    headers: corsHeaders(rules, decision),
    vary: varyNames(rules, decision),
    noStore: decision.reason === 'rules_unavailable',
  };
}

function corsHeaders(rules: CompiledRules, { rule, origin, requestedHeaders }: Decision): readonly string[] {
  if (rule === null) return NONE;
  // With no Origin only a rule that lists `*` can be here: the proof that everybody gets the same.
  const allowOrigin = rule.origins.any || origin === null ? '*' : origin;
  const headers = [names.ALLOW_ORIGIN, allowOrigin, names.ALLOW_METHODS, rule.allowMethods];
  if (requestedHeaders.length > 0) headers.push(names.ALLOW_HEADERS, requestedHeaders.join(', '));
  if (rule.exposeHeaders !== null) headers.push(names.EXPOSE_HEADERS, rule.exposeHeaders);
  if (rule.maxAge !== null) headers.push(names.MAX_AGE, rule.maxAge);
  if (allowsCredentials(rules, rule.origins, allowOrigin)) headers.push(names.ALLOW_CREDENTIALS, 'true');
  return headers;
}

/** Never with `*`, never with `null` (semantics.md §3, Access-Control-Allow-Credentials). */
function allowsCredentials({ behaviour }: CompiledRules, origins: Entries, allowOrigin: string): boolean {
  if (allowOrigin === '*' || allowOrigin === 'null') return false;
  return (
    behaviour.dialect === 's3' ||
    (behaviour.dangerouslyAllowCredentials && namesExactly(origins, allowOrigin))
  );
}

function varyNames({ behaviour, constants, responseVary, state }: CompiledRules, decision: Decision) {
  if (state === 'unavailable')
    return decision.kind === 'preflight' ? names.PREFLIGHT_VARY : names.ORIGIN_VARY;
  if (behaviour.vary === 'store') {
    if (behaviour.dialect === 's3') return decision.rule === null ? NONE : names.PREFLIGHT_VARY;
    return responseVary ? names.ORIGIN_VARY : NONE;
  }
  if (decision.kind === 'preflight') return names.PREFLIGHT_VARY;
  const depends = constants.get(decision.method) === 'depends';
  return depends || responseVary ? names.ORIGIN_VARY : NONE;
}
