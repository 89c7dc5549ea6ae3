import { isSafeMethod } from '../analysis/browser/safelist.ts';
import type { CompiledRules } from '../cors/compile.ts';
import { decide } from '../cors/decide.ts';

/** An origin that rules allow, and a method that it may use. */
export interface Allowed {
  readonly origin: string;
  readonly method: string;
}

/** Stands for any origin, or where no rule has one that can be asked with. */
const ANY = 'https://app.example.com';

/**
 * What a command asks with: an origin that needs no quotation, of an entry or in place of its `*`, and the first method that
 * needs a preflight if the rule lists one.
 */
export function allowedBy(rules: CompiledRules): Allowed {
  for (const { rule } of rules.rules)
    for (const entry of rule.allowedOrigins) {
      const origin = entry === '*' ? ANY : entry.replace('*', 'www');
      const method = rule.allowedMethods.find((one) => !isSafeMethod(one)) ?? rule.allowedMethods[0] ?? 'GET';
      if (isPlain(origin) && isAllowed(rules, { origin, method })) return { origin, method };
    }
  return { origin: ANY, method: 'GET' };
}

const isPlain = (origin: string): boolean => /^https?:\/\/[a-z0-9.:-]+$/.test(origin);

const isAllowed = (rules: CompiledRules, { origin, method }: Allowed): boolean =>
  decide(rules, { method: 'OPTIONS', origin, requestMethod: method, requestHeaders: null }).rule !== null;

/**
 * Asks with a preflight from an origin that a rule allows, if there is one; `names`: the request headers that it asks for.
 * `doctor` sends preflights where browsers do.
 */
export function preflightCommand(rules: CompiledRules, names: readonly string[] = []): string {
  const { origin, method } = allowedBy(rules);
  if (isSafeMethod(method) && names.length === 0)
    return `curl -si -X OPTIONS -H 'Origin: ${origin}' -H 'Access-Control-Request-Method: ${method}' https://DOMAIN/`;
  const headers = names.length > 0 ? ` --headers ${names.join(',')}` : '';
  return `${readCommand(origin)} --method ${method}${headers}`;
}

/** Asks as a page of an origin reads, and as one of another origin. */
export const readCommand = (origin: string): string =>
  `bucket-cors doctor https://DOMAIN/KEY --origin ${origin}`;
