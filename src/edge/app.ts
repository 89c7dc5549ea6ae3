import { Hono } from 'hono';
import type { Exchange } from '../bucket/transport.ts';
import { unavailableRules } from '../cors/compile.ts';
import type { RulesInForce } from '../rules/cache.ts';
import { type EdgeFault, MAX_HEADERS, MAX_TARGET, METHODS_SERVED } from './errors.ts';
import { readFacts } from './facts.ts';
import { forward } from './object.ts';
import { answerPreflight } from './preflight.ts';
import { errorReply } from './refuse.ts';
import { type Bucket, createRouter, originForm, type Route } from './route.ts';
import { type Served, type ServeOptions, sendReply } from './served.ts';

export interface EdgeOptions extends ServeOptions {
  readonly buckets: readonly Bucket[];
  /** Told what the edge itself did wrong; the client gets `InternalError` under the same request id. */
  readonly onError: (error: unknown) => void;
}

/** What a rim puts into Hono's environment. */
export interface EdgeEnv {
  Bindings: { readonly exchange: Exchange };
}

/** Stands in for rules where no bucket was found: nobody gets CORS headers and nothing is kept. */
const NO_BUCKET: RulesInForce = {
  rules: unavailableRules({ dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false }),
  version: null,
};

/**
 * The edge as a Hono app. It routes on the raw target of the exchange, not on the Request's URL, which has
 * been parsed and normalised; so every request takes the same way through one handler.
 */
export function createEdge(options: EdgeOptions): Hono<EdgeEnv> {
  const router = createRouter(options.buckets);
  const app = new Hono<EdgeEnv>({ getPath: () => '/' });
  app.all('*', (c) => handle(c.env.exchange, router, options));
  app.onError((error, c) => {
    options.onError(error);
    const { exchange } = c.env;
    const facts = readFacts(exchange);
    const arrived = performance.now();
    return refuse(
      { exchange, facts, options, arrived, bucket: null, target: '/', key: '/', inForce: NO_BUCKET },
      'InternalError',
    );
  });
  return app;
}

function handle(exchange: Exchange, router: ReturnType<typeof createRouter>, options: EdgeOptions) {
  const arrived = performance.now();
  const facts = readFacts(exchange);
  const place = originForm(exchange.target, facts.host);
  const route: Route =
    place === null ? { bucket: null, fault: 'InvalidURI' } : router(place.host, place.target);
  const served = { exchange, facts, options, arrived };
  if (route.bucket === null) {
    return refuse({ ...served, bucket: null, target: '/', key: '/', inForce: NO_BUCKET }, route.fault);
  }
  const { bucket, target, key } = route;
  const serve = (inForce: RulesInForce) =>
    serveBucket({ ...served, bucket, target, key, inForce }, bucket, options);
  const inForce = bucket.rules.current();
  return inForce instanceof Promise ? inForce.then(serve) : serve(inForce);
}

function serveBucket(served: Served, bucket: Bucket, { onError }: EdgeOptions): Response | Promise<Response> {
  const fault = faultOf(served);
  if (fault !== null) return refuse(served, fault);
  if (served.exchange.method === 'OPTIONS') return answerPreflight(served);
  return forward(served, bucket).catch((error) => {
    onError(error);
    return refuse(served, 'InternalError');
  });
}

function faultOf({ exchange, facts }: Served): EdgeFault | null {
  if (exchange.target.length > MAX_TARGET) return 'URITooLong';
  if (facts.headerBytes > MAX_HEADERS) return 'RequestHeaderTooLarge';
  return METHODS_SERVED.includes(exchange.method) ? null : 'MethodNotAllowed';
}

function refuse(served: Served, fault: EdgeFault): Response {
  const { made, reply } = errorReply(served, fault);
  return sendReply(served, made, reply);
}
