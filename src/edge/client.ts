import { plainAddress } from '../bucket/forwarded.ts';
import type { RequestHead } from '../bucket/head.ts';
import { lastHop } from '../bucket/last-hop.ts';
import type { Exchange, FlatHeaders } from '../bucket/transport.ts';
import { ALLOW_CREDENTIALS } from '../cors/names.ts';
import type { Client } from './observe.ts';

/** What the client of a request says about itself. `trustForwarded`: the connection is a trusted proxy's. */
export const clientOf = (
  exchange: Exchange,
  { host }: Pick<RequestHead, 'host'>,
  trustForwarded: boolean,
): Client => ({
  address: (trustForwarded ? lastHop(exchange.headers) : null) ?? plainAddress(exchange.peer.address),
  host,
  userAgent: firstValue(exchange.headers, 'user-agent'),
  traceparent: traceparentOf(firstValue(exchange.headers, 'traceparent')),
  protocol: exchange.protocol?.() ?? null,
});

/**
 * Version, trace id, parent id and flags; a later version may have more parts. Ids of zeros, and the version `ff`, are
 * invalid. https://www.w3.org/TR/trace-context/#traceparent-header
 */
const TRACEPARENT =
  /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:(?<!^00.{53})-.{0,200})?$/;

const traceparentOf = (value: string | null): string | null =>
  value !== null && TRACEPARENT.test(value) ? value : null;

const GRANT = ALLOW_CREDENTIALS.toLowerCase();

/**
 * Whether a page loses the answer to a request with cookies, because the answer does not allow them (Fetch standard,
 * "CORS check"). A navigation, and a request to the page's own origin, sends cookies and needs no such header; browsers
 * say so in Fetch Metadata (https://www.w3.org/TR/fetch-metadata/).
 */
export const lacksCredentials = (request: FlatHeaders, answer: FlatHeaders): boolean =>
  firstValue(request, 'cookie') !== null &&
  firstValue(answer, GRANT) === null &&
  (firstValue(request, 'sec-fetch-mode') ?? 'cors') === 'cors' &&
  firstValue(request, 'sec-fetch-site') !== 'same-origin';

/** The first value of a header by its lower-cased name. */
export function firstValue(headers: FlatHeaders, key: string): string | null {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name.length === key.length && name.toLowerCase() === key) return headers[at + 1] ?? null;
  }
  return null;
}
