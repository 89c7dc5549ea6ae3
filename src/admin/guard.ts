import type { Context, MiddlewareHandler } from 'hono';
import type { Token } from '../rules/sources/kind.ts';
import { bearerOf, isSameToken, passwordOf } from './token.ts';

/** The tokens that requests for admin have to send. Looked up at each request, so that they may change. */
export interface AdminTokens {
  /** For every path but those of probes and `/metrics`; absent: those paths need none. */
  readonly admin?: Token | undefined;
  /** For `/metrics`, beside the token for all; absent: `/metrics` needs none. */
  readonly metrics?: Token | undefined;
  /** Called for a request with a wrong token. */
  readonly onWrong?: (c: Context) => void;
  /** Called with the error of a token that cannot be looked up. */
  readonly onError?: (error: unknown) => void;
}

/** A probe of a platform sends no token. */
const PROBES = ['/healthz', '/readyz'];

/** Milliseconds before the answer to a wrong token: with the port's bound on connections it limits guesses. */
const WRONG_TOKEN_DELAY = 1_000;

/** Refuses requests without the right token. The answer to a right one is never delayed, however many guesses there are. */
export function guard(tokens: AdminTokens): MiddlewareHandler {
  return async (c, next) => {
    const accepted = acceptedAt(c.req.path, tokens);
    if (accepted === null) return next();
    const authorization = c.req.header('Authorization');
    const given = bearerOf(authorization) ?? passwordOf(authorization);
    if (given === null) return refused(c, 'this needs the token of the admin port');
    try {
      if (await isAmong(given, accepted)) return next();
    } catch (error) {
      tokens.onError?.(error);
      return c.json({ error: 'the token of the admin port cannot be looked up', cure: 'See the log.' }, 503);
    }
    tokens.onWrong?.(c);
    await new Promise((resolve) => setTimeout(resolve, WRONG_TOKEN_DELAY));
    return refused(c, 'this is not the token of the admin port');
  };
}

/** The tokens that are accepted at a path; null: it needs none. */
function acceptedAt(path: string, { admin, metrics }: AdminTokens): readonly Token[] | null {
  if (PROBES.includes(path)) return null;
  const accepted = path === '/metrics' ? (metrics === undefined ? [] : [metrics, admin]) : [admin];
  const given = accepted.filter((token) => token !== undefined);
  return given.length === 0 ? null : given;
}

async function isAmong(given: string, accepted: readonly Token[]): Promise<boolean> {
  const same = await Promise.all(accepted.map(async (token) => isSameToken(given, await token())));
  return same.includes(true);
}

/** Browsers ask for a password by the Basic challenge, and send it with every request of the page. */
function refused(c: Context, error: string): Response {
  c.header('WWW-Authenticate', 'Basic realm="bucket-cors admin", charset="UTF-8"', { append: true });
  c.header('WWW-Authenticate', 'Bearer realm="bucket-cors admin"', { append: true });
  const cure = 'Send "Authorization: Bearer TOKEN". In a browser, write the token as the password.';
  return c.json({ error, cure }, 401);
}
