import { traitsOf } from './behaviour.ts';
import type { CompiledRule, CompiledRules } from './compile.ts';
import { isOneOrigin } from './origin.ts';
import { matchesEntries } from './pattern.ts';
import type { Reason } from './reason.ts';
import { isMethod } from './rule.ts';
import type { Objection } from './traits.ts';

/** The parts of a request that decide CORS. The values of several header lines are joined by `,`. */
export interface Facts {
  readonly method: string;
  readonly origin: string | null;
  /** Access-Control-Request-Method. */
  readonly requestMethod: string | null;
  /** Access-Control-Request-Headers. */
  readonly requestHeaders: string | null;
}

export interface Decision {
  /** Every OPTIONS is a `preflight`, also an invalid one; every other method is `actual`. */
  readonly kind: 'preflight' | 'actual';
  readonly reason: Reason;
  /** The request's own method. */
  readonly method: string;
  /**
   * The rule whose headers the answer carries. An actual request without exactly one origin gets the headers that every
   * origin gets.
   */
  readonly rule: CompiledRule | null;
  readonly origin: string | null;
  /** Preflights only: the requested names, lower-cased, without duplicates, in the request's order. */
  readonly requestedHeaders: readonly string[];
}

/** The part of a rule that a request did not meet, in the order of the checks. */
export type Condition = 'origin' | 'method' | 'header';

/** The values that each rule is compared with. `headers` is null if no headers are compared (an actual request). */
export interface Wanted {
  readonly origin: string;
  readonly method: string;
  readonly headers: readonly string[] | null;
}

const NO_HEADERS: readonly string[] = [];
const BLAME: Readonly<Record<Condition, Reason>> = {
  origin: 'origin_not_allowed',
  method: 'method_not_allowed',
  header: 'header_not_allowed',
};

/**
 * Decides one request: which rule applies, or why no rule does. No other code decides: explain, the edge and every tool
 * call this function (semantics.md §2, §3).
 *
 * @example
 * const behaviour = { dialect: 's3', vary: 'safe', dangerouslyAllowCredentials: false } as const;
 * const rules = compileRules({ rules: [rule], responseVary: false }, behaviour);
 * const facts = { method: 'GET', origin: 'https://app.example', requestMethod: null, requestHeaders: null };
 * decide(rules, facts).reason; // 'matched', 'origin_not_allowed', …
 */
export function decide(rules: CompiledRules, facts: Facts): Decision {
  return facts.method === 'OPTIONS' ? decidePreflight(rules, facts) : decideActual(rules, facts);
}

function decidePreflight(rules: CompiledRules, facts: Facts): Decision {
  for (const objection of traitsOf(rules.behaviour).objections) {
    if (OBJECTS[objection](rules, facts)) return refused(facts, objection);
  }
  const origin = facts.origin ?? '';
  const headers = requestedNames(facts.requestHeaders);
  return choose(rules.rules, facts, { origin, method: facts.requestMethod ?? '', headers });
}

/** Whether an objection applies to a preflight. Each dialect has its own order (`Traits.objections`). */
const OBJECTS: Readonly<Record<Objection, (rules: CompiledRules, facts: Facts) => boolean>> = {
  origin_missing: (_, { origin }) => !origin,
  method_missing: (_, { requestMethod }) => !requestMethod,
  method_not_allowed: (_, { requestMethod }) => !isMethod(requestMethod ?? ''),
  origin_not_allowed: (_, { origin }) => !isOneOrigin(origin ?? ''),
  no_rules: ({ rules }) => rules.length === 0,
  rules_unavailable: ({ state }) => state === 'unavailable',
};

const refused = ({ method, origin }: Facts, reason: Objection): Decision => ({
  kind: 'preflight',
  reason,
  method,
  rule: null,
  origin: origin || null,
  requestedHeaders: NO_HEADERS,
});

function decideActual(rules: CompiledRules, facts: Facts): Decision {
  if (rules.state === 'unavailable') return actual(facts, 'rules_unavailable', null);
  if (!facts.origin) return actual(facts, 'not_cors', constantRule(rules, facts.method));
  if (rules.rules.length === 0) return actual(facts, 'no_rules', null);
  if (!isOneOrigin(facts.origin))
    return actual(facts, 'origin_not_allowed', constantRule(rules, facts.method));
  return choose(rules.rules, facts, wantedByActual(rules, facts, facts.origin));
}

/**
 * Returns which header is repeated that CORS allows once, or null. A comma joins several lines, here and on platforms. A
 * cache in front may compare one of the lines only, and would then store the answer for an origin that sent no request:
 * answer such a request with 400 and `no-store`.
 */
export function repeatedHeader({ origin, requestMethod }: Facts): 'origin' | 'method' | null {
  if (origin?.includes(',')) return 'origin';
  return requestMethod?.includes(',') ? 'method' : null;
}

/**
 * An actual request is judged by its own method. AWS judges it by Access-Control-Request-Method where that is present,
 * and also by Access-Control-Request-Headers (semantics.md §2.6).
 */
function wantedByActual(rules: CompiledRules, facts: Facts, origin: string): Wanted {
  const { behaviour } = rules;
  return behaviour.vary === 'store' && traitsOf(behaviour).heedsRequestHeaders
    ? { origin, method: facts.requestMethod || facts.method, headers: requestedNames(facts.requestHeaders) }
    : { origin, method: facts.method, headers: null };
}

/** What the rules are compared with, or null when the request is decided before any rule. */
export function wanted(rules: CompiledRules, facts: Facts): Wanted | null {
  if (!facts.origin || !isOneOrigin(facts.origin)) return null;
  if (facts.method !== 'OPTIONS') return wantedByActual(rules, facts, facts.origin);
  if (!facts.requestMethod) return null;
  return { origin: facts.origin, method: facts.requestMethod, headers: requestedNames(facts.requestHeaders) };
}

/** Takes the first rule that matches in all conditions. Rules are never merged (semantics.md §2.1). */
function choose(rules: readonly CompiledRule[], { method, origin }: Facts, wanted: Wanted): Decision {
  const kind = method === 'OPTIONS' ? 'preflight' : 'actual';
  const requestedHeaders = kind === 'preflight' && wanted.headers !== null ? wanted.headers : NO_HEADERS;
  let sought = wanted;
  let blame: Condition = 'origin';
  for (const rule of rules) {
    const failed = failedCondition(rule, sought);
    if (failed === null) return { kind, reason: 'matched', method, rule, origin, requestedHeaders };
    // The reason names the condition that failed at the rule closest to a match: the operator corrects that one.
    if (failed === 'header' || blame === 'origin') blame = failed;
    if (failed === 'header') sought = refusedFirst(rule, sought);
  }
  return { kind, reason: BLAME[blame], method, rule: null, origin, requestedHeaders };
}

/**
 * Moves the header that a rule refused to the front, because the next rule most likely refuses it too. A hostile list of
 * a thousand names that ends in a bad one is then compared once, not once for every rule.
 */
function refusedFirst(rule: CompiledRule, wanted: Wanted): Wanted {
  const headers = wanted.headers ?? NO_HEADERS;
  const at = refusedAt(rule, headers);
  const refused = headers[at];
  if (at <= 0 || refused === undefined) return wanted;
  return { ...wanted, headers: [refused, ...headers.slice(0, at), ...headers.slice(at + 1)] };
}

/** Returns the first condition that the request does not meet; null when it meets all. */
export function failedCondition(rule: CompiledRule, wanted: Wanted): Condition | null {
  if (!matchesEntries(rule.origins, wanted.origin)) return 'origin';
  if (!rule.methods.has(wanted.method)) return 'method';
  if (wanted.headers !== null && refusedAt(rule, wanted.headers) !== -1) return 'header';
  return null;
}

/** Returns the index of the first requested header that the rule refuses; -1 when it allows all. */
export function refusedAt({ headers }: CompiledRule, requested: readonly string[]): number {
  if (headers.any) return -1;
  for (let at = 0; at < requested.length; at++) if (!matchesEntries(headers, requested[at] ?? '')) return at;
  return -1;
}

/** Reads Access-Control-Request-Headers in one pass. Drops blanks and empty items (semantics.md §2.5). */
export function requestedNames(value: string | null): readonly string[] {
  if (!value) return NO_HEADERS;
  const list = value.toLowerCase();
  const names: string[] = [];
  // Without split(), which took most of a decision's time (docs/decisions/0004).
  for (let from = 0; from < list.length; ) {
    const comma = list.indexOf(',', from);
    const to = comma === -1 ? list.length : comma;
    const name = list.slice(from, to).trim();
    if (name !== '' && (names.length > FEW || !names.includes(name))) names.push(name);
    from = to + 1;
  }
  return names.length > FEW ? [...new Set(names)] : names;
}

/** Browsers send a few distinct names. Up to this many, a search of the list is faster than a Set. */
const FEW = 16;

/** The rule for a request without an origin: in `safe` mode, the one that every origin gets (semantics.md §4). */
function constantRule({ behaviour, constants }: CompiledRules, method: string): CompiledRule | null {
  if (behaviour.vary !== 'safe') return null;
  const constant = constants.get(method) ?? null;
  return constant === 'depends' ? null : constant;
}

const actual = (facts: Facts, reason: Reason, rule: CompiledRule | null): Decision => ({
  kind: 'actual',
  reason,
  method: facts.method,
  rule,
  origin: facts.origin || null,
  requestedHeaders: NO_HEADERS,
});
