import { type Facts, requestedNames } from '../../cors/decide.ts';
import * as names from '../../cors/names.ts';
import type { Outcome } from '../outcome.ts';
import { ALWAYS_ALLOWED, type CorsFilter, type CorsRoute } from './filter.ts';
import { acceptsOrigin } from './origin.ts';

/** What a route does about CORS. */
export interface RoutedCors {
  /** The first that has the method applies. Without one, the bucket answers, which sees no Origin. */
  readonly routes: readonly CorsRoute[];
  /** The route adds `Vary: Origin`. */
  readonly varies: boolean;
}

/**
 * What the API says that a gateway answers (GEP-1767, https://gateway-api.sigs.k8s.io/geps/gep-1767/). Where it leaves a
 * choice, this is what lets pages do least: a `*` and not the names of the request, 403 and not 204 for a refusal.
 * The answer to an actual request is judged by its origin alone.
 */
export function gatewayAnswer({ routes, varies }: RoutedCors, request: Facts): Outcome {
  const isPreflight = request.method === 'OPTIONS';
  const vary: Outcome['headers'] = varies && !isPreflight ? [[names.VARY, 'Origin']] : [];
  const refused: Outcome = { status: isPreflight ? 403 : null, headers: vary };
  const method = isPreflight ? request.requestMethod : request.method;
  const { origin } = request;
  if (!origin || !method) return refused;
  const cors = routes.find(({ methods }) => methods === null || methods.includes(method))?.cors;
  if (cors === undefined || !cors.allowOrigins.some((entry) => acceptsOrigin(entry, origin))) return refused;
  const common: Outcome['headers'] = [
    [names.ALLOW_ORIGIN, cors.allowOrigins.includes('*') && !cors.allowCredentials ? '*' : origin],
    ...(cors.allowCredentials ? [[names.ALLOW_CREDENTIALS, 'true'] as const] : []),
    ...line(names.EXPOSE_HEADERS, cors.exposeHeaders),
    ...vary,
  ];
  return isPreflight
    ? { status: 200, headers: [...common, ...preflightLines(cors, request)] }
    : { status: null, headers: common };
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
