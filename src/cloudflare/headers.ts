import { viaEntry } from '../bucket/forwarded.ts';
import type { FlatHeaders } from '../bucket/transport.ts';

export interface ClientHeaders {
  /** As the edge shall see them. */
  readonly headers: FlatHeaders;
  /** All of them, as they came. */
  readonly received: FlatHeaders;
  /** The CDNs that the request has come through, this edge left out (RFC 8586). */
  readonly cdnLoop: string;
  /** The address that Cloudflare was asked from. */
  readonly address: string | null;
  /** Content-Length, as it was written. */
  readonly length: string | null;
}

const CDN_LOOP = 'cdn-loop';
const ADDRESS = 'cf-connecting-ip';
const LENGTH = 'content-length';
const OF_CLOUDFLARE = /^(?:cf-|true-client-ip$)/;
const CHAIN = 'x-forwarded-for';

/** What an edge calls itself on the way. */
export interface OwnNames {
  /** In Via. */
  readonly via: string;
  /** In CDN-Loop. */
  readonly loop: string;
}

export function ownNames(edgeId: string): OwnNames {
  const via = viaEntry(edgeId);
  return { via, loop: via.replace(/^\S+ /, '') };
}

/**
 * A client's headers as the edge shall see them. What Cloudflare adds ends here unless `passCf`: it tells of the
 * client more than a bucket need know. A request whose CDN-Loop names this edge is given its Via too, should somebody
 * on the way have dropped that: the edge refuses it then.
 */
export function clientHeaders(received: Headers, names: OwnNames, passCf: boolean): ClientHeaders {
  const headers: string[] = [];
  const all: string[] = [];
  let address: string | null = null;
  let length: string | null = null;
  let cdnLoop = '';
  // In the order of their names (Fetch standard), so that the address comes before the chain; an iterator takes longer.
  received.forEach((value, name) => {
    all.push(name, value);
    if (name === ADDRESS) address = value;
    else if (name === LENGTH) length = value;
    if (name === CDN_LOOP) {
      cdnLoop = passCf ? value : withoutCloudflare(value);
      if (holds(value, names.loop)) headers.push('via', names.via);
    } else if (name === CHAIN) {
      const chain = withoutLast(value, address);
      if (chain !== '') headers.push(name, chain);
    } else if (passCf || !OF_CLOUDFLARE.test(name)) headers.push(name, value);
  });
  return { headers, received: all, cdnLoop, address, length };
}

const withoutCloudflare = (list: string): string =>
  list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && !/^cloudflare\b/i.test(entry))
    .join(', ');

const holds = (list: string, name: string): boolean =>
  list.split(',').some((entry) => entry.split(';', 1)[0]?.trim().toLowerCase() === name);

/** Cloudflare has added its client's address already; the edge adds it again. */
function withoutLast(chain: string, address: string | null): string {
  const items = chain.split(',').map((item) => item.trim());
  if (items.at(-1) === address) items.pop();
  return items.join(', ');
}
