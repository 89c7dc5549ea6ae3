import { combined, type HeaderPairs, listOf } from '../analysis/browser/check.ts';
import { isSafeMethod } from '../analysis/browser/safelist.ts';
import type { CompiledRule, CompiledRules } from '../cors/compile.ts';
import { decide, type Facts } from '../cors/decide.ts';
import { ALLOW_HEADERS, ALLOW_METHODS, MAX_AGE } from '../cors/names.ts';

/** Seconds that a browser caches an answer without Access-Control-Max-Age (Fetch standard, "CORS-preflight fetch"). */
const DEFAULT_AGE = 5;

/** What a browser caches of the answer to a preflight that passes. Names of headers are in lower case. */
interface Granted {
  readonly seconds: number;
  readonly methods: readonly string[];
  readonly headers: readonly string[];
}

function grantedBy(headers: HeaderPairs): Granted {
  const age = combined(headers, MAX_AGE) ?? '';
  return {
    seconds: /^\d+$/.test(age) ? Number(age) : DEFAULT_AGE,
    methods: listOf(headers, ALLOW_METHODS) ?? [],
    headers: (listOf(headers, ALLOW_HEADERS) ?? []).map((name) => name.toLowerCase()),
  };
}

/**
 * Returns what a browser may send after a preflight that passes, or for how long, that it may not by the rules; null if
 * nothing. It caches each method and each header that the answer lists, and sends them together without asking again. A
 * list may have more than was asked for, where one preflight with all of its names would be allowed.
 */
export function excessOf(
  rules: CompiledRules,
  request: Facts,
  expected: HeaderPairs,
  seen: HeaderPairs,
): string | null {
  const [asked, got] = [grantedBy(expected), grantedBy(seen)];
  if (got.seconds !== asked.seconds)
    return `a browser caches the answer for ${got.seconds} seconds, not ${asked.seconds}`;
  const more = got.headers.filter((name) => !asked.headers.includes(name));
  const rule = more.length === 0 ? null : ruleFor(rules, request, request.requestMethod, got.headers);
  if (more.length > 0 && rule === null) return `a browser may send the headers ${more.join(', ')} after it`;
  const methods = rule === null ? asked.methods : [...rule.methods];
  const method = got.methods.find(
    (one) =>
      !methods.includes(one) && !isSafeMethod(one) && ruleFor(rules, request, one, got.headers) === null,
  );
  return method === undefined ? null : `a browser may send ${method} after it`;
}

/** The rule that allows a preflight of the same origin with all of these names; `*` stands for every name. */
function ruleFor(
  rules: CompiledRules,
  request: Facts,
  requestMethod: string | null,
  names: readonly string[],
): CompiledRule | null {
  const requestHeaders = names.filter((name) => name !== '*').join(',') || null;
  // Only a rule with `*` allows every name, and another may stand before it.
  const among = names.includes('*')
    ? { ...rules, rules: rules.rules.filter((one) => one.headers.any) }
    : rules;
  return decide(among, { ...request, requestMethod, requestHeaders }).rule;
}
