import type { CompiledRules } from '../../cors/compile.ts';
import { METHODS } from '../../cors/rule.ts';
import { planOf } from '../plan.ts';

/** The fields of HTTPCORSFilter (https://gateway-api.sigs.k8s.io/reference/spec/#httpcorsfilter). */
export interface CorsFilter {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAge: number;
}

/** Seconds without `maxAge`, and those that browsers assume without Access-Control-Max-Age. */
export const DEFAULT_MAX_AGE = 5;
/** An int32 of at least 1. */
export const LEAST_MAX_AGE = 1;
export const MOST_MAX_AGE = 2_147_483_647;
/** Most items of allowOrigins, allowHeaders and exposeHeaders. */
export const MOST_ITEMS = 64;

/** Browsers send these without asking, so the filter allows them always (Fetch standard, "CORS-safelisted method"). */
export const ALWAYS_ALLOWED: readonly string[] = ['GET', 'HEAD', 'POST'];

/**
 * The one filter that may say all rules: it lists everything that any of them lists. Only a comparison with the rules shows
 * whether it does (`compile.ts`). Null without a rule that an origin can match.
 */
export function filterOf(rules: CompiledRules): CorsFilter | null {
  const { rules: planned } = planOf(rules);
  const [first] = planned;
  if (first === undefined) return null;
  const all = planned.map(({ rule }) => rule.rule);
  const any = planned.some(({ allowOrigin }) => allowOrigin === '*');
  const methods = new Set<string>(all.flatMap(({ allowedMethods }) => allowedMethods));
  const headers = distinct(all.flatMap(({ allowedHeaders }) => allowedHeaders));
  return {
    allowOrigins: any
      ? ['*']
      : [
          ...new Set(
            planned.flatMap(({ exact, patterns }) => [
              ...exact,
              ...patterns.map(({ prefix, suffix }) => `${prefix}*${suffix}`),
            ]),
          ),
        ],
    allowMethods: METHODS.filter((method) => methods.has(method)),
    allowHeaders: headers.includes('*') ? ['*'] : headers,
    exposeHeaders: distinct(all.flatMap(({ exposeHeaders }) => exposeHeaders)),
    allowCredentials: planned.every(
      ({ credentials, patterns }) =>
        credentials === 'all' || (credentials === 'exact' && patterns.length === 0),
    ),
    maxAge: Math.min(MOST_MAX_AGE, Math.max(LEAST_MAX_AGE, first.rule.rule.maxAgeSeconds ?? DEFAULT_MAX_AGE)),
  };
}

/** Names without those that differ from an earlier one in case alone: the lists are sets, and names ignore case. */
function distinct(names: readonly string[]): readonly string[] {
  const found = new Map<string, string>();
  for (const name of names) if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), name);
  return [...found.values()];
}
