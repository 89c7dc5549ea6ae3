import { Pool } from 'undici';
import type { Facts } from '../../cors/decide.ts';
import { ORIGIN, REQUEST_HEADERS, REQUEST_METHOD } from '../../cors/names.ts';
import { type Outcome, seenOutcome } from '../../export/outcome.ts';
import { PROBE, REACHED, reachedLine } from './bucket.ts';

/** Connections, and so requests at once. */
const CONNECTIONS = 8;
const LIMIT_MS = 10_000;

export interface Sent {
  /** The status of every answer, also to an actual request. */
  readonly status: number;
  readonly outcome: Outcome;
  /** What the bucket says that reached it; null: nothing says that anything did. */
  readonly reached: string | null;
  /** What has to reach it. */
  readonly expected: string;
}

/** Each actual request has a query, a header and a key for the bucket. */
const QUERY = '?response-content-type=text%2Fplain&partNumber=1';
const FOR_BUCKET = { authorization: 'Bearer proof', [PROBE]: '1' } as const;

/** Sends requests to a program that is proved. `withheld`: request headers that need not reach the bucket. */
export function openSender(url: string, withheld: readonly string[] = []) {
  const forwarded = Object.entries(FOR_BUCKET).filter(([name]) => !withheld.includes(name));
  const pool = new Pool(url, { connections: CONNECTIONS, headersTimeout: LIMIT_MS, bodyTimeout: LIMIT_MS });
  return {
    async send({ method, origin, requestMethod, requestHeaders }: Facts, path: string): Promise<Sent> {
      const kind = method === 'OPTIONS' ? 'preflight' : 'actual';
      const headers = [
        ...lineOf(ORIGIN, origin),
        ...lineOf(REQUEST_METHOD, requestMethod),
        ...lineOf(REQUEST_HEADERS, requestHeaders),
        ...(kind === 'actual' ? Object.entries(FOR_BUCKET).flat() : []),
      ];
      const target = path + QUERY;
      const answer = await pool.request({ method, path: target, headers, responseHeaders: 'raw' });
      await answer.body.dump();
      const flat = (answer.headers as unknown as readonly string[]).map(String);
      const at = flat.findIndex((name, n) => n % 2 === 0 && name.toLowerCase() === REACHED);
      return {
        status: answer.statusCode,
        outcome: seenOutcome(kind, answer.statusCode, flat),
        reached: at === -1 ? null : (flat[at + 1] ?? null),
        expected: reachedLine(method, target, Object.fromEntries(forwarded)),
      };
    },
    close: () => pool.destroy(),
  };
}

const lineOf = (name: string, value: string | null): string[] => (value === null ? [] : [name, value]);
