import type { Hono } from 'hono/tiny';
import { bearerOf, isSameToken } from '../admin/token.ts';
import { targetOf } from './exchange.ts';

/** Answers a request for admin. Null: another request; at once if it has no bearer token. */
export type Admin = (request: Request) => Promise<Response | null> | null;

/**
 * The admin endpoints under a path of the public host. Without the token these paths do not exist: the request is served
 * as an object request. A request with the token for another path gets 404 with the right path: no bucket sees the token.
 * A password, which browsers send by themselves, is no token here: pages of the bucket have the same origin.
 */
export function guardAdmin(app: Hono, path: string, token: string): Admin {
  const answer = async (request: Request, given: string): Promise<Response | null> => {
    if (!(await isSameToken(given, token))) return null;
    const target = targetOf(request.url);
    if (!target.startsWith(`${path}/`)) return elsewhere(request, path);
    // The client's Host can be one that no URL accepts.
    return app.fetch(new Request(`https://admin${target.slice(path.length)}`, request));
  };
  return (request) => {
    const given = bearerOf(request.headers.get('Authorization') ?? undefined);
    return given === null ? null : answer(request, given);
  };
}

function elsewhere({ method }: Request, path: string): Response {
  const text = JSON.stringify({ error: `the admin endpoints are under ${path}/, in exactly this spelling` });
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  return new Response(method === 'HEAD' ? null : text, { status: 404, headers });
}
