import type { Hono } from 'hono';
import { targetOf } from './exchange.ts';

/** Answers a request that is meant for admin; null for any other, at once where it has no bearer token. */
export type Admin = (request: Request) => Promise<Response | null> | null;

/**
 * The admin endpoints under a path of the public host. Whoever has not the token meets what he would meet if they were
 * not there: his request is one for an object. Whoever has it and mistakes the path is told so: no bucket is shown the
 * token.
 */
export function guardAdmin(app: Hono, path: string, token: string): Admin {
  // No promise: one that a request began may never end for another.
  let expected: Uint8Array | undefined;
  const answer = async (request: Request, given: string): Promise<Response | null> => {
    expected ??= await digest(token);
    if (!same(await digest(given), expected)) return null;
    const target = targetOf(request.url);
    if (!target.startsWith(`${path}/`)) return elsewhere(request, path);
    // The host may be none that a URL can have.
    return app.fetch(new Request(`https://admin${target.slice(path.length)}`, request));
  };
  return (request) => {
    const [, given] = /^Bearer\s+(\S+)\s*$/i.exec(request.headers.get('Authorization') ?? '') ?? [];
    return given === undefined ? null : answer(request, given);
  };
}

function elsewhere({ method }: Request, path: string): Response {
  const text = JSON.stringify({ error: `the admin endpoints are under ${path}/, spelt so` });
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  return new Response(method === 'HEAD' ? null : text, { status: 404, headers });
}

const digest = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));

/** Takes as long whatever differs, and wherever. */
const same = (one: Uint8Array, other: Uint8Array): boolean =>
  one.reduce((difference, byte, at) => difference | (byte ^ (other[at] ?? 0)), 0) === 0;
