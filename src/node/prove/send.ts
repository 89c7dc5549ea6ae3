import { Pool } from 'undici';
import type { Facts } from '../../cors/decide.ts';
import { ORIGIN, REQUEST_HEADERS, REQUEST_METHOD } from '../../cors/names.ts';
import { type Outcome, seenOutcome } from '../../export/outcome.ts';

/** Connections, and so requests at once. */
const CONNECTIONS = 8;
const LIMIT_MS = 10_000;

export interface Sent {
  /** The status of every answer, also to an actual request. */
  readonly status: number;
  readonly outcome: Outcome;
}

/** Sends requests to a program that is proved. */
export function openSender(url: string) {
  const pool = new Pool(url, { connections: CONNECTIONS, headersTimeout: LIMIT_MS, bodyTimeout: LIMIT_MS });
  return {
    async send({ method, origin, requestMethod, requestHeaders }: Facts, path: string): Promise<Sent> {
      const headers = [
        ...lineOf(ORIGIN, origin),
        ...lineOf(REQUEST_METHOD, requestMethod),
        ...lineOf(REQUEST_HEADERS, requestHeaders),
      ];
      const answer = await pool.request({ method, path, headers, responseHeaders: 'raw' });
      await answer.body.dump();
      const kind = method === 'OPTIONS' ? 'preflight' : 'actual';
      const flat = (answer.headers as unknown as readonly string[]).map(String);
      return { status: answer.statusCode, outcome: seenOutcome(kind, answer.statusCode, flat) };
    },
    close: () => pool.destroy(),
  };
}

const lineOf = (name: string, value: string | null): string[] => (value === null ? [] : [name, value]);
