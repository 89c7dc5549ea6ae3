import { type Facts, requestedNames } from '../../cors/decide.ts';
import * as names from '../../cors/names.ts';
import type { Outcome } from '../outcome.ts';
import { ALWAYS_ALLOWED, type CorsFilter } from './filter.ts';
import { acceptsOrigin } from './origin.ts';

/** A CORS filter, and what the route does beside it. */
export interface Filtered {
  /** Null: the route has no CORS filter, and the bucket sees no Origin. */
  readonly cors: CorsFilter | null;
  /** The route adds `Vary: Origin`. */
  readonly varies: boolean;
}

/**
 * What the API says that a gateway answers (GEP-1767, https://gateway-api.sigs.k8s.io/geps/gep-1767/). Where it leaves a
 * choice, this is what lets pages do least: a `*` and not the names of the request, 403 and not 204 for a refusal.
 * The answer to an actual request is judged by its origin alone.
 */
export function gatewayAnswer({ cors, varies }: Filtered, request: Facts): Outcome {
  const vary: Outcome['headers'] = varies && request.method !== 'OPTIONS' ? [[names.VARY, 'Origin']] : [];
  const status = request.method === 'OPTIONS' ? 200 : null;
  const refused: Outcome = { status: status === null ? null : 403, headers: vary };
  const { origin } = request;
  if (cors === null || !origin || !cors.allowOrigins.some((entry) => acceptsOrigin(entry, origin)))
    return refused;
  if (status !== null && !request.requestMethod) return refused;
  const common: Outcome['headers'] = [
    [names.ALLOW_ORIGIN, cors.allowOrigins.includes('*') && !cors.allowCredentials ? '*' : origin],
    ...(cors.allowCredentials ? [[names.ALLOW_CREDENTIALS, 'true'] as const] : []),
    ...line(names.EXPOSE_HEADERS, cors.exposeHeaders),
    ...vary,
  ];
  if (status === null) return { status, headers: common };
  return { status, headers: [...common, ...preflightLines(cors, request)] };
}

function preflightLines(cors: CorsFilter, { requestMethod, requestHeaders }: Facts): Outcome['headers'] {
  const { allowMethods, allowHeaders, allowCredentials, maxAge } = cors;
  const methods = allowMethods.includes('*') && allowCredentials ? [requestMethod ?? ''] : allowMethods;
  const headers =
    allowHeaders.includes('*') && allowCredentials ? requestedNames(requestHeaders) : allowHeaders;
  return [
    ...line(names.ALLOW_METHODS, [...new Set([...methods, ...ALWAYS_ALLOWED])]),
    ...line(names.ALLOW_HEADERS, headers),
    [names.MAX_AGE, String(maxAge)],
  ];
}

const line = (name: string, values: readonly string[]): Outcome['headers'] =>
  values.length === 0 ? [] : [[name, values.join(', ')]];
