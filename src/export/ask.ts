import type { CompiledRules } from '../cors/compile.ts';
import { decide } from '../cors/decide.ts';

/** An origin that rules allow, and a method that it may use. */
export interface Allowed {
  readonly origin: string;
  readonly method: string;
}

/** Stands for any origin, or where no rule has one that can be asked with. */
const ANY = 'https://app.example.com';

/** What a command asks with: an origin that needs no quotation, of an entry or in place of its `*`. */
export function allowedBy(rules: CompiledRules): Allowed {
  for (const { rule } of rules.rules)
    for (const entry of rule.allowedOrigins) {
      const origin = entry === '*' ? ANY : entry.replace('*', 'www');
      const method = rule.allowedMethods[0] ?? 'GET';
      if (isPlain(origin) && isAllowed(rules, { origin, method })) return { origin, method };
    }
  return { origin: ANY, method: 'GET' };
}

const isPlain = (origin: string): boolean => /^https?:\/\/[a-z0-9.:-]+$/.test(origin);

const isAllowed = (rules: CompiledRules, { origin, method }: Allowed): boolean =>
  decide(rules, { method: 'OPTIONS', origin, requestMethod: method, requestHeaders: null }).rule !== null;

/** A preflight from an origin that a rule allows, if there is one; `names`: the request headers that it asks for. */
export function preflightCommand(rules: CompiledRules, names: readonly string[] = []): string {
  const { origin, method } = allowedBy(rules);
  const headers = [
    `Origin: ${origin}`,
    `Access-Control-Request-Method: ${method}`,
    ...(names.length > 0 ? [`Access-Control-Request-Headers: ${names.join(',')}`] : []),
  ];
  return `curl -si -X OPTIONS ${headers.map((header) => `-H '${header}'`).join(' ')} https://DOMAIN/`;
}
