import { Hono } from 'hono';
import { hasPassed } from '../bucket/forwarded.ts';
import { REQUEST_LIMITS, type RequestLimits } from '../bucket/limits.ts';
import type { Exchange } from '../bucket/transport.ts';
import { DEFAULT_DIALECT } from '../cors/behaviour.ts';
import { unavailableRules } from '../cors/compile.ts';
import type { RulesInForce } from '../rules/in-force.ts';
import { type Served, type ServeOptions, sendReply } from './context.ts';
import { errorReply } from './error-reply.ts';
import { type EdgeFault, errorsFor, METHODS_SERVED } from './errors.ts';
import { corsFault, faultOfHead, isHost, type RequestFacts, readFacts } from './facts.ts';
import { servesHost, writeFault } from './guard.ts';
import { forward } from './object.ts';
import { answerPreflight } from './preflight.ts';
import { type Bucket, createRouter, originForm, pathOf, type Router } from './route.ts';

export interface EdgeOptions extends Omit<ServeOptions, 'now' | 'limits' | 'errors'> {
  readonly buckets: readonly Bucket[];
  /** Milliseconds since some moment; `performance.now` where it is absent. */
  readonly now?: ServeOptions['now'];
  /** `REQUEST_LIMITS` where it is absent. */
  readonly limits?: RequestLimits;
}

/** What a rim puts into Hono's environment. */
export interface EdgeEnv {
  Bindings: { readonly exchange: Exchange };
}

/** Stands in for rules where no bucket was found: nobody gets CORS headers and nothing is kept. */
const NO_BUCKET: RulesInForce = {
  rules: unavailableRules({ dialect: DEFAULT_DIALECT, vary: 'safe', dangerouslyAllowCredentials: false }),
  version: null,
};

/**
 * The edge as a Hono app. It routes on the raw target of the exchange, not on the Request's URL, which has
 * been parsed and normalised; so every request takes the same way through one handler.
 */
export function createEdge({
  buckets,
  now = () => performance.now(),
  limits = REQUEST_LIMITS,
  ...given
}: EdgeOptions): Hono<EdgeEnv> {
  const options: ServeOptions = { ...given, now, limits, errors: errorsFor(limits) };
  const router = createRouter(buckets);
  const app = new Hono<EdgeEnv>({ getPath: () => '/' });
  app.all('*', (c) => handle(c.env.exchange, router, options));
  app.onError((error, c) => {
    options.onError(error);
    return refuse(arrive(c.env.exchange, options), 'InternalError');
  });
  return app;
}

function handle(exchange: Exchange, router: Router, options: ServeOptions): Response | Promise<Response> {
  const served = arrive(exchange, options);
  if (served.path === '') return refuse(served, 'InvalidURI');
  if (!isHost(served.facts.host)) return refuse(served, 'InvalidHost');
  const route = router(served.facts.host, served.target);
  if (route.bucket === null) return refuse(served, route.fault);
  const { bucket, target, key } = route;
  // Before any rule is looked at: the answer says nothing of them.
  if (!servesHost(bucket, served.facts.host)) return refuse(served, 'HostNotAllowed');
  served.bucket = bucket;
  served.target = target;
  served.key = key;
  const serve = (inForce: RulesInForce) => {
    served.inForce = inForce;
    return serveBucket(served, bucket, options);
  };
  const inForce = bucket.rules.current(exchange.background);
  return inForce instanceof Promise ? inForce.then(serve) : serve(inForce);
}

/** A request as it comes in, before it is known whose it is. */
function arrive(exchange: Exchange, options: ServeOptions): Served {
  const arrived = options.now();
  const facts = readFacts(exchange);
  const place = originForm(exchange.method, exchange.target, facts.host);
  const target = place?.target ?? '/';
  return {
    exchange,
    facts: place === null || place.host === facts.host ? facts : withHost(facts, place.host),
    options,
    arrived,
    bucket: null,
    path: place === null ? '' : pathOf(target),
    target,
    key: target,
    inForce: NO_BUCKET,
  };
}

/** An absolute target's host goes before the Host header's, but doesn't make a wrong one right. */
const withHost = (facts: RequestFacts, host: string): RequestFacts =>
  isHost(facts.host) ? { ...facts, host } : facts;

function serveBucket(
  served: Served,
  bucket: Bucket,
  { onError }: ServeOptions,
): Response | Promise<Response> {
  const fault = faultOf(served) ?? (bucket.guard === undefined ? null : writeFault(served));
  if (fault !== null) return refuse(served, fault);
  if (served.exchange.method === 'OPTIONS') return answerPreflight(served);
  const failed = (error: unknown): Response => {
    onError(error);
    return refuse(served, 'InternalError');
  };
  try {
    const forwarded = forward(served, bucket);
    return forwarded instanceof Promise ? forwarded.catch(failed) : forwarded;
  } catch (error) {
    return failed(error);
  }
}

function faultOf({ exchange, facts, options }: Served): EdgeFault | null {
  const fault = faultOfHead(exchange.target, facts, options.limits);
  if (fault !== null) return fault;
  if (facts.via !== null && hasPassed(facts.via, options.edgeId)) return 'LoopDetected';
  return METHODS_SERVED.includes(exchange.method) ? corsFault(facts) : 'MethodNotAllowed';
}

function refuse(served: Served, fault: EdgeFault): Response {
  const { made, reply } = errorReply(served, fault);
  return sendReply(served, made, reply);
}
