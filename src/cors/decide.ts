import type { CompiledRule, CompiledRules } from './compile.ts';
import { matchesEntries } from './pattern.ts';
import type { Reason } from './reason.ts';
import { isMethod } from './rule.ts';

/** What a request says about itself, as far as CORS is concerned. Several header lines are joined by `,`. */
export interface Facts {
  readonly method: string;
  readonly origin: string | null;
  /** Access-Control-Request-Method. */
  readonly requestMethod: string | null;
  /** Access-Control-Request-Headers. */
  readonly requestHeaders: string | null;
}

export interface Decision {
  /** Every OPTIONS is a `preflight`, also one that lacks what makes it valid; all else is `actual`. */
  readonly kind: 'preflight' | 'actual';
  readonly reason: Reason;
  /** The request's own method. */
  readonly method: string;
  /**
   * The rule whose headers the answer carries. An actual request without an origin, or with a list of them, carries
   * those that every origin gets.
   */
  readonly rule: CompiledRule | null;
  readonly origin: string | null;
  /** Preflights only: the requested names, lower-cased, each once, in the order asked for. */
  readonly requestedHeaders: readonly string[];
}

/** The part of a rule that a request did not meet, in the order they are looked at. */
export type Condition = 'origin' | 'method' | 'header';

/** What is held against each rule; `headers` is null when they don't count (an actual request). */
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
 * Decides one request: which rule applies, or why none does. The only place where that happens; explain,
 * the edge and every tool call this function (semantics.md §2, §3).
 */
export function decide(rules: CompiledRules, facts: Facts): Decision {
  return facts.method === 'OPTIONS' ? decidePreflight(rules, facts) : decideActual(rules, facts);
}

function decidePreflight(rules: CompiledRules, facts: Facts): Decision {
  // The store's own order of objections: OSS asks for both headers before it looks at the bucket,
  // S3 answers "not enabled" first and then judges the method (semantics.md §3).
  const oss = rules.behaviour.dialect === 'oss';
  const refuse = (reason: Reason): Decision => ({
    kind: 'preflight',
    reason,
    method: facts.method,
    rule: null,
    origin: facts.origin || null,
    requestedHeaders: NO_HEADERS,
  });
  if (!facts.origin) return refuse('origin_missing');
  if (oss && !facts.requestMethod) return refuse('method_missing');
  if (rules.state === 'unavailable') return refuse('rules_unavailable');
  if (rules.rules.length === 0) return refuse('no_rules');
  if (!facts.requestMethod) return refuse('method_missing');
  if (!oss && !isMethod(facts.requestMethod)) return refuse('method_not_allowed');
  if (!isOneOrigin(facts.origin)) return refuse('origin_not_allowed');
  const headers = requestedNames(facts.requestHeaders);
  return choose(rules.rules, facts, { origin: facts.origin, method: facts.requestMethod, headers });
}

function decideActual(rules: CompiledRules, facts: Facts): Decision {
  if (rules.state === 'unavailable') return actual(facts, 'rules_unavailable', null);
  if (!facts.origin) return actual(facts, 'not_cors', everybodysRule(rules, facts.method));
  if (rules.rules.length === 0) return actual(facts, 'no_rules', null);
  if (!isOneOrigin(facts.origin))
    return actual(facts, 'origin_not_allowed', everybodysRule(rules, facts.method));
  return choose(rules.rules, facts, wantedByActual(rules, facts, facts.origin));
}

/**
 * Whether a value of Origin is one origin. The grammar has no list (Fetch standard, "The `Origin` header"): a comma
 * joins several header lines, and RFC 6454 separated origins by blanks. Such a value matches no entry, not even `*`:
 * an answer could name it only by a list, and a cache may take its first item alone for the header.
 */
export const isOneOrigin = (origin: string): boolean =>
  !origin.includes(',') && !origin.includes(' ') && !origin.includes('\t');

/**
 * Which of the headers that CORS has once each stands there several times, if any. A comma is how several lines of one
 * are joined, here and by platforms. A cache in front may take one of the lines for the whole header, and would store
 * the answer to all of them for an origin that never asked: answer such a request with 400 and `no-store`.
 */
export function repeatedHeader({ origin, requestMethod }: Facts): 'origin' | 'method' | null {
  if (origin?.includes(',')) return 'origin';
  return requestMethod?.includes(',') ? 'method' : null;
}

/**
 * What an actual request is judged by: its own method alone. AWS also heeds Access-Control-Request-Method in place of
 * that, and Access-Control-Request-Headers with it or alone (semantics.md §2.6).
 */
function wantedByActual(rules: CompiledRules, facts: Facts, origin: string): Wanted {
  const { dialect, vary } = rules.behaviour;
  return dialect === 's3' && vary === 'store'
    ? { origin, method: facts.requestMethod || facts.method, headers: requestedNames(facts.requestHeaders) }
    : { origin, method: facts.method, headers: null };
}

/** What a request is held against in the rules, or null where it never gets as far as the rules. */
export function wanted(rules: CompiledRules, facts: Facts): Wanted | null {
  if (!facts.origin || !isOneOrigin(facts.origin)) return null;
  if (facts.method !== 'OPTIONS') return wantedByActual(rules, facts, facts.origin);
  if (!facts.requestMethod) return null;
  return { origin: facts.origin, method: facts.requestMethod, headers: requestedNames(facts.requestHeaders) };
}

/** Walks the rules in order and takes the first that fits whole; rules are never merged (semantics.md §2.1). */
function choose(rules: readonly CompiledRule[], { method, origin }: Facts, wanted: Wanted): Decision {
  const kind = method === 'OPTIONS' ? 'preflight' : 'actual';
  const requestedHeaders = kind === 'preflight' && wanted.headers !== null ? wanted.headers : NO_HEADERS;
  let sought = wanted;
  let blame: Condition = 'origin';
  for (const rule of rules) {
    const failed = failedCondition(rule, sought);
    if (failed === null) return { kind, reason: 'matched', method, rule, origin, requestedHeaders };
    // The rule that came nearest tells the reader what to mend.
    if (failed === 'header' || blame === 'origin') blame = failed;
    if (failed === 'header') sought = stumbledFirst(rule, sought);
  }
  return { kind, reason: BLAME[blame], method, rule: null, origin, requestedHeaders };
}

/**
 * Puts the header that a rule refused before the others. A hostile list of a thousand names that ends in a
 * bad one is then read once, and not once for every rule: the next rule most likely refuses the same name.
 */
function stumbledFirst(rule: CompiledRule, wanted: Wanted): Wanted {
  const headers = wanted.headers ?? NO_HEADERS;
  const at = refusedAt(rule, headers);
  const refused = headers[at];
  if (at <= 0 || refused === undefined) return wanted;
  return { ...wanted, headers: [refused, ...headers.slice(0, at), ...headers.slice(at + 1)] };
}

/** The first condition of a rule that the request does not meet; null when it meets all. */
export function failedCondition(rule: CompiledRule, wanted: Wanted): Condition | null {
  if (!matchesEntries(rule.origins, wanted.origin)) return 'origin';
  if (!rule.methods.has(wanted.method)) return 'method';
  if (wanted.headers !== null && refusedAt(rule, wanted.headers) !== -1) return 'header';
  return null;
}

/** Which of the requested headers a rule refuses first; -1 when it allows them all. */
export function refusedAt({ headers }: CompiledRule, requested: readonly string[]): number {
  if (headers.any) return -1;
  for (let at = 0; at < requested.length; at++) if (!matchesEntries(headers, requested[at] ?? '')) return at;
  return -1;
}

/** Reads Access-Control-Request-Headers in one pass; blanks and empty items are dropped (semantics.md §2.5). */
export function requestedNames(value: string | null): readonly string[] {
  if (!value) return NO_HEADERS;
  const list = value.toLowerCase();
  const names: string[] = [];
  // Cut by hand: split() is most of a decision's time.
  for (let from = 0; from < list.length; ) {
    const comma = list.indexOf(',', from);
    const to = comma === -1 ? list.length : comma;
    const name = list.slice(from, to).trim();
    if (name !== '' && (names.length > FEW || !names.includes(name))) names.push(name);
    from = to + 1;
  }
  return names.length > FEW ? [...new Set(names)] : names;
}

/** Browsers send a few names, each once; only for more is a Set worth its making. */
const FEW = 16;

/** In `safe` mode an answer that is the same for all goes to requests of no origin too (semantics.md §4). */
function everybodysRule({ behaviour, constants }: CompiledRules, method: string): CompiledRule | null {
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
