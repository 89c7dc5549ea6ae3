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
  /** The rules to decide by now; `background` takes loads that outlive the request. */
  readonly current: (background: Background) => RulesInForce | Promise<RulesInForce>;
}

/** What is used of Hono's Context, whichever version of Hono the app has. */
export interface AppContext {
  readonly req: { readonly raw: Request; readonly path: string; readonly url: string };
  get res(): Response;
  set res(response: Response | undefined);
  newResponse(body: string | null, init: Response): Response;
  /** Throws where the runtime has none. */
  readonly executionCtx: { waitUntil(work: Promise<unknown>): void };
}

/** What stands in a Hono app before handlers; Hono takes the answer from the context. */
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
      // Also where next() throws: Hono adds what stands here to the answer that the app's onError gives.
      const written = write(c.res, answer, fault, options);
      // Hono adds the headers of a response that is replaced to the new one.
      c.res = undefined;
      c.res = written;
    }
  };
}

/** What is answer without the app's handlers. */
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
 * A copy around the same unread body: headers of a fetched or a redirecting response can't be changed, and those of a
 * response that a handler gives out twice are two clients'. What is not the edge's stays as it is, Connection too:
 * this is no hop.
 */
function write(
  response: Response,
  answer: Answer,
  fault: EdgeFault | null,
  { debugReason }: WriteOptions,
): Response {
  // A WebSocket's 101 or a network error: nothing a browser asks CORS about, nor can they be copied everywhere.
  if (response.status < 200) return response;
  const written = new Response(response.body, response);
  const own: string[] = [];
  for (const [name, value] of response.headers) {
    if (!isOwnedByEdge(name)) continue;
    own.push(name, value);
    written.headers.delete(name);
  }
  const { headers } = writeHead(own, answer, {
    // The app's handlers are the server that a proxy in front trusts.
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

/** Lets work outlive its request, which Workers would cancel otherwise. A load reports its own failure. */
function outlive(c: AppContext, work: Promise<unknown>): void {
  const settled = work.catch(() => {});
  try {
    c.executionCtx.waitUntil(settled);
  } catch {
    // The runtime has no execution context, and does not cancel the work.
  }
}
