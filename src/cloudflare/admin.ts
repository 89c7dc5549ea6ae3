import type { Hono } from 'hono/tiny';
import { targetOf } from './exchange.ts';

/** Answers a request for admin. Null: another request; at once if it has no bearer token. */
export type Admin = (request: Request) => Promise<Response | null> | null;

/**
 * The admin endpoints under a path of the public host. Without the token these paths do not exist: the request is served
 * as an object request. A request with the token for another path gets 404 with the right path: no bucket sees the token.
 */
export function guardAdmin(app: Hono, path: string, token: string): Admin {
  // Not a cached promise: in Workers a promise that one request started may never settle in another.
  let expected: Uint8Array | undefined;
  const answer = async (request: Request, given: string): Promise<Response | null> => {
    expected ??= await digest(token);
    if (!same(await digest(given), expected)) return null;
    const target = targetOf(request.url);
    if (!target.startsWith(`${path}/`)) return elsewhere(request, path);
    // The client's Host can be one that no URL accepts.
    return app.fetch(new Request(`https://admin${target.slice(path.length)}`, request));
  };
  return (request) => {
    const [, given] = /^Bearer\s+(\S+)\s*$/i.exec(request.headers.get('Authorization') ?? '') ?? [];
    return given === undefined ? null : answer(request, given);
  };
}

function elsewhere({ method }: Request, path: string): Response {
  const text = JSON.stringify({ error: `the admin endpoints are under ${path}/, in exactly this spelling` });
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  return new Response(method === 'HEAD' ? null : text, { status: 404, headers });
}

const digest = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));

/** Compares in constant time. */
const same = (one: Uint8Array, other: Uint8Array): boolean =>
  one.reduce((difference, byte, at) => difference | (byte ^ (other[at] ?? 0)), 0) === 0;
