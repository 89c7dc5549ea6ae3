import type { RequestHead } from '../bucket/head.ts';
import type { Exchange, FlatHeaders } from '../bucket/transport.ts';
import { ALLOW_CREDENTIALS } from '../cors/names.ts';
import type { Client } from './observe.ts';

/** What the client of a request says about itself. */
export const clientOf = ({ peer, headers }: Exchange, { host }: RequestHead): Client => ({
  address: peer.address,
  host,
  userAgent: firstValue(headers, 'user-agent'),
  traceparent: firstValue(headers, 'traceparent'),
  protocol: null,
});

const GRANT = ALLOW_CREDENTIALS.toLowerCase();

/** Whether a request has cookies that its answer does not allow (Fetch standard, "CORS check"). */
export const lacksCredentials = (request: FlatHeaders, answer: FlatHeaders): boolean =>
  firstValue(request, 'cookie') !== null && firstValue(answer, GRANT) === null;

/** The first value of a header by its lower-cased name. */
export function firstValue(headers: FlatHeaders, key: string): string | null {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name.length === key.length && name.toLowerCase() === key) return headers[at + 1] ?? null;
  }
  return null;
}
