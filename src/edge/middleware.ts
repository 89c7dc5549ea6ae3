import { isOwnedByEdge } from '../bucket/headers.ts';
import type { FlatHeaders, Reply } from '../bucket/transport.ts';
import type { Answer } from '../cors/answer.ts';
import type { CompiledRules } from '../cors/compile.ts';
import type { Facts } from '../cors/decide.ts';
import { ORIGIN, REQUEST_HEADERS, REQUEST_METHOD } from '../cors/names.ts';
import type { Background } from '../rules/cache.ts';
import type { RulesInForce } from '../rules/in-force.ts';
import { cachedAnswer } from './answers.ts';
import { faultReply } from './error-reply.ts';
import type { EdgeFault } from './errors.ts';
import { corsFault } from './head-faults.ts';
import { preflightReply } from './preflight.ts';
import { type WriteOptions, writeHead } from './write.ts';

export interface OwnAppOptions extends WriteOptions {
  /** Returns the rules in force now; `background` takes loads that outlive the request. */
  readonly current: (background: Background) => RulesInForce | Promise<RulesInForce>;
}

/** The part of Hono's Context that the middleware uses. All versions of Hono that an app may have provide it. */
export interface AppContext {
  readonly req: { readonly raw: Request; readonly path: string; readonly url: string };
  get res(): Response;
  set res(response: Response | undefined);
  newResponse(body: string | null, init: Response): Response;
  /** Throws if the runtime has no execution context. */
  readonly executionCtx: { waitUntil(work: Promise<unknown>): void };
}

/** A Hono middleware that runs before the handlers. Hono takes the response from the context. */
export type BeforeHandlers = (c: AppContext, next: () => Promise<void>) => Promise<void>;

/** Returns the edge as middleware of a Hono app whose handlers are the bucket. */
export function inOwnApp(options: OwnAppOptions): BeforeHandlers {
  return async (c, next) => {
    const facts = factsOf(c.req.raw);
    const { rules } = await options.current((work) => outlive(c, work));
    const answer = cachedAnswer(rules, facts);
    const fault = corsFault(facts);
    try {
      const reply = ownReply(c, facts, rules, answer, fault);
      if (reply === null) await next();
      else c.res = c.newResponse(reply.body || null, headOf(reply));
    } finally {
      // Write the headers also when next() throws: Hono adds those of `c.res` to the response of the app's onError.
      const written = write(c.res, answer, fault, options);
      // Clear `c.res` first: Hono's setter adds the headers of the previous response to the new one.
      c.res = undefined;
      c.res = written;
    }
  };
}

/** Returns the reply that needs no handler of the app, to a preflight or an invalid request; otherwise null. */
function ownReply(
  c: AppContext,
  facts: Facts,
  rules: CompiledRules,
  answer: Answer,
  fault: EdgeFault | null,
): Reply | null {
  if (fault === null && facts.method !== 'OPTIONS') return null;
  const host = c.req.raw.headers.get('host') ?? new URL(c.req.url).host;
  return fault === null
    ? preflightReply(rules, answer, { ...facts, host }, c.req.path)
    : faultReply(rules, host, answer.decision.reason, fault);
}

const factsOf = ({ method, headers }: Request): Facts => ({
  method,
  origin: headers.get(ORIGIN) || null,
  requestMethod: headers.get(REQUEST_METHOD) || null,
  requestHeaders: headers.get(REQUEST_HEADERS),
});

const headOf = ({ status, headers }: Reply): Response =>
  new Response(null, { status, headers: pairs(headers) });

/**
 * Returns a copy of a response with the headers of the answer, around the same unread body. The original stays unchanged:
 * headers of a fetched response or a redirect are immutable, and a handler may return one response to two clients. Headers
 * that the edge does not own stay unchanged, also Connection: a middleware is not a hop.
 */
function write(
  response: Response,
  answer: Answer,
  fault: EdgeFault | null,
  { debugReason }: WriteOptions,
): Response {
  // A WebSocket's 101 or a network error: CORS does not apply, and not every runtime can copy such a response.
  if (response.status < 200) return response;
  const written = new Response(response.body, response);
  const own: string[] = [];
  for (const [name, value] of response.headers) {
    if (!isOwnedByEdge(name)) continue;
    own.push(name, value);
    written.headers.delete(name);
  }
  const { headers } = writeHead(own, answer, {
    // A proxy in front trusts the app's handlers, so their commands pass.
    passCommands: true,
    reason: debugReason ? answer.decision.reason : null,
    code: debugReason ? fault : null,
  });
  for (const [name, value] of pairs(headers)) written.headers.append(name, value);
  return written;
}

function pairs(flat: FlatHeaders): [name: string, value: string][] {
  const listed: [string, string][] = [];
  for (let at = 0; at < flat.length; at += 2) listed.push([flat[at] ?? '', flat[at + 1] ?? '']);
  return listed;
}

/** Lets work outlive its request: Workers would cancel it otherwise. A load reports its own failure. */
function outlive(c: AppContext, work: Promise<unknown>): void {
  const settled = work.catch(() => {});
  try {
    c.executionCtx.waitUntil(settled);
  } catch {
    // The runtime has no execution context, and does not cancel the work.
  }
}
