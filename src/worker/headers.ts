import { viaEntry } from '../bucket/forwarded.ts';
import type { FlatHeaders } from '../bucket/transport.ts';

export interface ClientHeaders {
  readonly headers: FlatHeaders;
  /** The CDNs that the request has come through, this edge left out (RFC 8586). */
  readonly cdnLoop: string;
  /** The address that Cloudflare was asked from. */
  readonly address: string | null;
}

const CDN_LOOP = 'cdn-loop';
const OF_CLOUDFLARE = /^(?:cf-|true-client-ip$)/;
const CHAIN = 'x-forwarded-for';

/** What this edge calls itself in CDN-Loop. */
export const loopEntry = (edgeId: string): string => viaEntry(edgeId).replace(/^\S+ /, '');

/**
 * A client's headers as the edge shall see them. What Cloudflare adds ends here unless `passCf`: it tells of the
 * client more than a bucket need know. A request whose CDN-Loop names this edge is given its Via too, should somebody
 * on the way have dropped that: the edge refuses it then.
 */
export function clientHeaders(received: Headers, edgeId: string, passCf: boolean): ClientHeaders {
  const headers: string[] = [];
  const address = received.get('cf-connecting-ip');
  let cdnLoop = '';
  for (const [name, value] of received) {
    if (name === CDN_LOOP) {
      cdnLoop = passCf ? value : withoutCloudflare(value);
      if (namesEdge(value, edgeId)) headers.push('via', viaEntry(edgeId));
    } else if (name === CHAIN) {
      const chain = withoutLast(value, address);
      if (chain !== '') headers.push(name, chain);
    } else if (passCf || !OF_CLOUDFLARE.test(name)) headers.push(name, value);
  }
  return { headers, cdnLoop, address };
}

const withoutCloudflare = (list: string): string =>
  list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && !/^cloudflare\b/i.test(entry))
    .join(', ');

const namesEdge = (list: string, edgeId: string): boolean =>
  list.split(',').some((entry) => entry.split(';', 1)[0]?.trim().toLowerCase() === loopEntry(edgeId));

/** Cloudflare has added its client's address already; the edge adds it again. */
function withoutLast(chain: string, address: string | null): string {
  const items = chain.split(',').map((item) => item.trim());
  if (items.at(-1) === address) items.pop();
  return items.join(', ');
}
