import { Hono } from 'hono/tiny';
import { hasPassed } from '../bucket/forwarded.ts';
import { parseHead, type RequestHead } from '../bucket/head.ts';
import { REQUEST_LIMITS, type RequestLimits } from '../bucket/limits.ts';
import { storeRefusal } from '../bucket/refusals.ts';
import type { Exchange } from '../bucket/transport.ts';
import type { RulesInForce } from '../rules/in-force.ts';
import type { Bucket } from './bucket.ts';
import type { Arrived, Routed, ServeOptions } from './context.ts';
import { refuse, refuseAsStore } from './error-reply.ts';
import { type EdgeFault, errorsFor, METHODS_SERVED } from './errors.ts';
import { servesHost, writeFault } from './guard.ts';
import { corsFault, faultOfHead } from './head-faults.ts';
import { isHost } from './host.ts';
import { manageRules } from './management/manage.ts';
import { createsBucket, forward } from './object.ts';
import { answerPreflight } from './preflight.ts';
import { createRouter, type Found, originForm, pathOf, type Router } from './route.ts';
import type { Store } from './store.ts';

export interface EdgeOptions extends Omit<ServeOptions, 'now' | 'limits' | 'errors'> {
  readonly buckets: readonly Bucket[];
  /** Serves requests that no bucket serves. */
  readonly store?: Store | undefined;
  /** A clock in milliseconds, with any origin; `performance.now` unless given. */
  readonly now?: ServeOptions['now'];
  /** `REQUEST_LIMITS` unless given. */
  readonly limits?: RequestLimits;
}

/** The environment that a platform adapter passes to `fetch`. */
export interface EdgeEnv {
  Bindings: { readonly exchange: Exchange };
}

/** The edge as a Hono app, and the function that serves its requests. */
export type Edge = Hono<EdgeEnv> & {
  /**
   * Serves an exchange as the app does, without a Hono context, which costs a preflight 1.0 µs and 1.7 KB
   * (docs/decisions/0018-own-transport.md). Errors get an answer; it fails only if that cannot be sent either.
   */
  readonly serve: (exchange: Exchange) => Response | Promise<Response>;
};

/**
 * Returns the edge as a Hono app, of the preset `tiny`: one handler serves all requests, so routers would only make the
 * Worker larger. It routes on the exchange's raw target, since the URL of a Request is parsed and normalised. Throws an
 * Error when two buckets claim the same host and prefix.
 *
 * @example
 * const edge = createEdge({ buckets: [bucket], observe, onError, edgeId: '00000001', debugReason: false });
 * // `exchange` comes from a platform adapter.
 * await edge.fetch(new Request('http://edge/'), { exchange });
 */
export function createEdge({
  buckets,
  store,
  now = () => performance.now(),
  limits = REQUEST_LIMITS,
  ...given
}: EdgeOptions): Edge {
  const options: ServeOptions = { ...given, now, limits, errors: errorsFor(limits) };
  const router = createRouter(buckets, store);
  const failed = (exchange: Exchange, error: unknown): Response => fail(arrive(exchange, options), error);
  const serve: Edge['serve'] = (exchange) => {
    try {
      const served = handle(exchange, router, options);
      return served instanceof Promise ? served.catch((error) => failed(exchange, error)) : served;
    } catch (error) {
      return failed(exchange, error);
    }
  };
  const app = new Hono<EdgeEnv>({ getPath: () => '/' });
  app.all('*', (c) => serve(c.env.exchange));
  return Object.assign(app, { serve });
}

function handle(exchange: Exchange, router: Router, options: ServeOptions): Response | Promise<Response> {
  const arrived = arrive(exchange, options);
  const { head, path } = arrived;
  const { host } = head;
  if (path === '') return refuse(arrived, 'InvalidURI');
  if (!isHost(host)) return refuse(arrived, 'InvalidHost');
  const route = router(host, arrived.target);
  if (route.bucket === null) return refuse(arrived, route.fault);
  const { bucket } = route;
  // Check this before the rules are read, so that the answer does not depend on them.
  if (!servesHost(bucket, host)) return refuse(arrived, 'HostNotAllowed');
  const inForce = bucket.rules.current(exchange.background);
  return inForce instanceof Promise
    ? inForce.then((loaded) => serveRouted(routed(arrived, route, loaded)))
    : serveRouted(routed(arrived, route, inForce));
}

/** Not by a spread, which V8 copies by name. */
const routed = (
  { exchange, head, options, path, arrivedAt }: Arrived,
  { bucket, target, key }: Found,
  inForce: RulesInForce,
): Routed => ({ exchange, head, options, path, arrivedAt, bucket, target, key, inForce });

function arrive(exchange: Exchange, options: ServeOptions): Arrived {
  const arrivedAt = options.now();
  const head = exchange.head ?? parseHead(exchange.method, exchange.headers);
  const form = originForm(exchange.method, exchange.target, head.host);
  const target = form?.target ?? '/';
  return {
    exchange,
    head: form === null || form.host === head.host ? head : withHost(head, form.host),
    options,
    target,
    path: form === null ? '' : pathOf(target),
    arrivedAt,
  };
}

/** The host of an absolute-form target replaces a valid Host header (RFC 9112 §3.2.2). An invalid one stays an error. */
const withHost = (head: RequestHead, host: string): RequestHead =>
  isHost(head.host) ? { ...head, host } : head;

function serveRouted(request: Routed): Response | Promise<Response> {
  const fault = faultOf(request) ?? (request.bucket.guard === undefined ? null : writeFault(request));
  if (fault !== null) return refuse(request, fault);
  if (request.exchange.method === 'OPTIONS') return answerPreflight(request);
  if (isAbsent(request) && !createsBucket(request))
    return refuseAsStore(request, storeRefusal(request.inForce.rules.behaviour.dialect, 'NoSuchBucket'));
  try {
    const served = manageRules(request) ?? forward(request);
    return served instanceof Promise ? served.catch((error) => fail(request, error)) : served;
  } catch (error) {
    return fail(request, error);
  }
}

function fail(request: Arrived, error: unknown): Response {
  request.options.onError(error);
  return refuse(request, 'InternalError');
}

/** The store does not have the bucket: it is not asked for what is in it. */
const isAbsent = ({ bucket, inForce }: Routed): boolean =>
  bucket.ofStore !== undefined && inForce.rules.state === 'missing';

function faultOf({ exchange, head, options }: Routed): EdgeFault | null {
  const fault = faultOfHead(exchange.target, head, options.limits);
  if (fault !== null) return fault;
  if (head.via !== null && hasPassed(head.via, options.edgeId)) return 'LoopDetected';
  return METHODS_SERVED.includes(exchange.method) ? corsFault(head) : 'MethodNotAllowed';
}
