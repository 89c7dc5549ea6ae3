/**
 * A slow reference implementation of semantics.md §2 to §4 that imports only types of src/cors. The laws compare the
 * engine with it.
 */
import type { Behaviour } from '../../src/cors/behaviour.ts';
import type { Facts } from '../../src/cors/decide.ts';
import type { Rule, RuleSet } from '../../src/cors/rule.ts';

export type Fault = 'origin' | 'method' | 'header';

export interface Verdict {
  readonly reason: string;
  /** Counted from 1. */
  readonly rule: number | null;
  /** The failed condition of each rule; `null` for the matching rule, which is the last. Null: no rule was compared. */
  readonly walk: readonly (Fault | null)[] | null;
}

/** Tries all characters that a `*` could match (§2.2). */
export function fits(entry: string, value: string): boolean {
  if (!entry.includes('*')) return entry === value;
  const [before = '', after = ''] = entry.split('*');
  for (let from = 0; from <= value.length; from++)
    for (let to = from; to <= value.length; to++)
      if (before + value.slice(from, to) + after === value) return true;
  return false;
}

/** The requested names (§2.5, §3 Access-Control-Allow-Headers). */
export function namesAsked(value: string | null): string[] {
  const names: string[] = [];
  for (const item of (value ?? '').split(',')) {
    const name = item.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
    if (name.length > 0 && !names.includes(name.toLowerCase())) names.push(name.toLowerCase());
  }
  return names;
}

/** The first of origin, method and headers that a rule does not allow (§2.1). */
export function firstFault(rule: Rule, origin: string, method: string, names: string[]): Fault | null {
  if (!rule.allowedOrigins.some((entry) => fits(entry, origin))) return 'origin';
  if (!rule.allowedMethods.some((listed) => listed === method)) return 'method';
  const allowed = (name: string) => rule.allowedHeaders.some((entry) => fits(entry.toLowerCase(), name));
  return names.every(allowed) ? null : 'header';
}

function walkRules(rules: readonly Rule[], origin: string, method: string, names: string[]): Verdict {
  const walk: (Fault | null)[] = [];
  for (const rule of rules) {
    walk.push(firstFault(rule, origin, method, names));
    if (walk.at(-1) === null) return { reason: 'matched', rule: walk.length, walk };
  }
  const nearest = (['header', 'method', 'origin'] as const).find((fault) => walk.includes(fault));
  return { reason: `${nearest}_not_allowed`, rule: null, walk };
}

/** Origin must be one origin or `null`, not a list (Fetch standard, grammar of Origin). */
const isList = (origin: string): boolean => /[, \t]/.test(origin);

const FIVE = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'];
const refused = (reason: string): Verdict => ({ reason, rule: null, walk: null });

export function judge({ rules }: RuleSet, { dialect, vary }: Behaviour, facts: Facts): Verdict {
  const { method, origin, requestMethod, requestHeaders } = facts;
  if (method !== 'OPTIONS') {
    if (!origin)
      return { ...refused('not_cors'), rule: vary === 'safe' ? constantRule(rules, method) : null };
    if (rules.length === 0) return refused('no_rules');
    if (isList(origin))
      return {
        ...refused('origin_not_allowed'),
        rule: vary === 'safe' ? constantRule(rules, method) : null,
      };
    // §2.6: S3 compares the Access-Control-Request-* headers of an actual request.
    if (dialect !== 's3' || vary !== 'store') return walkRules(rules, origin, method, []);
    return walkRules(rules, origin, requestMethod || method, namesAsked(requestHeaders));
  }
  if (!origin) return refused('origin_missing');
  if (dialect === 'oss' && !requestMethod) return refused('method_missing');
  if (rules.length === 0) return refused('no_rules');
  if (!requestMethod) return refused('method_missing');
  if (isList(origin)) {
    const invalid = dialect === 's3' && !FIVE.includes(requestMethod);
    return refused(invalid ? 'method_not_allowed' : 'origin_not_allowed');
  }
  if (dialect === 's3' && !FIVE.includes(requestMethod)) {
    return { ...walkRules(rules, origin, requestMethod, []), reason: 'method_not_allowed' };
  }
  return walkRules(rules, origin, requestMethod, namesAsked(requestHeaders));
}

/** §4: whether a rule can decide requests with this method. */
const counts = (rule: Rule, method: string): boolean =>
  rule.allowedMethods.some((listed) => listed === method) &&
  !rule.allowedOrigins.every((entry) => isList(entry));

/** §4: the number of the rule whose headers every origin gets, or null. */
function constantRule(rules: readonly Rule[], method: string): number | null {
  const at = rules.findIndex((rule) => counts(rule, method));
  return rules[at]?.allowedOrigins.includes('*') ? at + 1 : null;
}

/** The status of a preflight's answer (§3, second table). */
export function statusOf(reason: string, { dialect }: Behaviour, requestMethod: string | null): number {
  if (reason === 'matched') return 200;
  if (reason === 'origin_missing' || reason === 'method_missing') return 400;
  if (reason === 'no_rules') return 403;
  return dialect === 's3' && !FIVE.includes(requestMethod ?? '') ? 400 : 403;
}

/** The CORS headers (§3, first table). */
export function headersOf(set: RuleSet, how: Behaviour, facts: Facts): Record<string, string> {
  const chosen = set.rules[(judge(set, how, facts).rule ?? 0) - 1];
  if (chosen === undefined) return {};
  const star = chosen.allowedOrigins.includes('*');
  const named = chosen.allowedOrigins.some((entry) => !entry.includes('*') && entry === facts.origin);
  const credentials =
    !star && facts.origin !== 'null' && (how.dialect === 's3' || (how.dangerouslyAllowCredentials && named));
  const asked = facts.method === 'OPTIONS' ? namesAsked(facts.requestHeaders) : [];
  return {
    'Access-Control-Allow-Origin': star ? '*' : String(facts.origin),
    'Access-Control-Allow-Methods': chosen.allowedMethods.join(', '),
    ...(asked.length > 0 && { 'Access-Control-Allow-Headers': asked.join(', ') }),
    ...(chosen.exposeHeaders.length > 0 && {
      'Access-Control-Expose-Headers': chosen.exposeHeaders.join(', '),
    }),
    ...(chosen.maxAgeSeconds !== undefined && { 'Access-Control-Max-Age': `${chosen.maxAgeSeconds}` }),
    ...(credentials && { 'Access-Control-Allow-Credentials': 'true' }),
  };
}

const THREE = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

/** The Vary header, null for none (§4: the table for `store`, the rule below it for `safe`). */
export function varyOf(set: RuleSet, how: Behaviour, facts: Facts): string | null {
  if (how.vary === 'store') {
    if (how.dialect === 'oss') return set.responseVary ? 'Origin' : null;
    return judge(set, how, facts).reason === 'matched' ? THREE : null;
  }
  if (facts.method === 'OPTIONS') return THREE;
  const listed = set.rules.some((rule) => counts(rule, facts.method));
  const same = !listed || constantRule(set.rules, facts.method) !== null;
  return same && !set.responseVary ? null : 'Origin';
}
