import type { CompiledRules } from '../../cors/compile.ts';
import { METHODS, type Method } from '../../cors/rule.ts';
import { type PlannedRule, planOf } from '../plan.ts';

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

/** A rule of the route: the requests of some methods, with their preflights, and the filter for them. */
export interface CorsRoute {
  /** Null: all requests, in the only rule of the route. */
  readonly methods: readonly string[] | null;
  readonly cors: CorsFilter;
}

/**
 * The filters that may say the rules: for each method one that lists everything that any rule lists for it; methods with
 * the same filter share it. Only a comparison with the rules shows whether they say them (`compile.ts`).
 */
export function routesOf(rules: CompiledRules): readonly CorsRoute[] {
  const { rules: planned } = planOf(rules);
  const filters = METHODS.flatMap((method) => {
    const listing = planned.filter(({ rule }) => rule.methods.has(method));
    const cors = filterOf(listing);
    return cors === null ? [] : [{ method, cors }];
  });
  const groups = [...Map.groupBy(filters, ({ cors }) => JSON.stringify(cors)).values()];
  const routes = groups.flatMap((alike) => {
    const methods = alike.map(({ method }) => method);
    const [first] = alike;
    return first === undefined ? [] : [{ methods, cors: { ...first.cors, allowMethods: methods } }];
  });
  const [only] = routes;
  // The methods that a filter always allows need no rule of their own where it is to allow them.
  return only !== undefined &&
    routes.length === 1 &&
    ALWAYS_ALLOWED.every((name) => includes(only.methods, name))
    ? [{ ...only, methods: null }]
    : routes;
}

const includes = (methods: readonly Method[], name: string): boolean =>
  methods.some((method) => method === name);

/** One filter for the rules that list a method; null without a rule. */
function filterOf(planned: readonly PlannedRule[]): CorsFilter | null {
  const [first] = planned;
  if (first === undefined) return null;
  const all = planned.map(({ rule }) => rule.rule);
  const headers = distinct(all.flatMap(({ allowedHeaders }) => allowedHeaders));
  return {
    allowOrigins: originsOf(planned),
    allowMethods: [],
    allowHeaders: headers.includes('*') ? ['*'] : headers,
    exposeHeaders: distinct(all.flatMap(({ exposeHeaders }) => exposeHeaders)),
    allowCredentials: planned.every(
      ({ credentials, patterns }) =>
        credentials === 'all' || (credentials === 'exact' && patterns.length === 0),
    ),
    maxAge: inLimits(first.rule.rule.maxAgeSeconds ?? DEFAULT_MAX_AGE),
  };
}

/** The nearest number of seconds that `maxAge` can be. */
export const inLimits = (seconds: number): number => Math.min(MOST_MAX_AGE, Math.max(LEAST_MAX_AGE, seconds));

function originsOf(planned: readonly PlannedRule[]): readonly string[] {
  if (planned.some(({ allowOrigin }) => allowOrigin === '*')) return ['*'];
  const entries = planned.flatMap(({ exact, patterns }) => [
    ...exact,
    ...patterns.map(({ prefix, suffix }) => `${prefix}*${suffix}`),
  ]);
  return [...new Set(entries)];
}

/** Names without those that differ from an earlier one in case alone: the lists are sets, and names ignore case. */
function distinct(names: readonly string[]): readonly string[] {
  const found = new Map<string, string>();
  for (const name of names) if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), name);
  return [...found.values()];
}
