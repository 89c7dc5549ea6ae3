import type { Behaviour, Dialect, VaryMode } from '../../src/cors/behaviour.ts';
import { type CompiledRules, compileRules } from '../../src/cors/compile.ts';
import type { Facts } from '../../src/cors/decide.ts';
import type { Rule } from '../../src/cors/rule.ts';

/** A rule that allows any origin to GET without request headers, with the changes of the test. */
export const rule = (about: Partial<Rule> = {}): Rule => ({
  allowedOrigins: ['*'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
  ...about,
});

export const behaviour = (dialect: Dialect, vary: VaryMode = 'safe', credentials = false): Behaviour => ({
  dialect,
  vary,
  dangerouslyAllowCredentials: credentials,
});

export const compiled = (
  rules: readonly Rule[],
  how: Behaviour = behaviour('oss'),
  responseVary = false,
): CompiledRules => compileRules({ rules, responseVary }, how);

/** A GET without CORS headers, with the changes of the test. */
export const ask = (about: Partial<Facts> = {}): Facts => ({
  method: 'GET',
  origin: null,
  requestMethod: null,
  requestHeaders: null,
  ...about,
});

export const preflight = (
  origin: string | null,
  requestMethod: string | null,
  requestHeaders: string | null = null,
): Facts => ({ method: 'OPTIONS', origin, requestMethod, requestHeaders });

/** A flat header list as a record; throws if a name occurs twice. */
export function record(flat: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < flat.length; at += 2) {
    const name = flat[at] ?? '';
    if (name in headers) throw new Error(`${name} occurs twice`);
    headers[name] = flat[at + 1] ?? '';
  }
  return headers;
}
