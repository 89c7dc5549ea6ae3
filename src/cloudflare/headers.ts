import { viaEntry } from '../bucket/forwarded.ts';
import type { FlatHeaders } from '../bucket/transport.ts';

export interface ClientHeaders {
  /** Those that the edge sees. */
  readonly headers: FlatHeaders;
  /** All of them, unchanged. */
  readonly received: FlatHeaders;
  /** The CDNs on the request's way, without this edge (RFC 8586). */
  readonly cdnLoop: string;
  /** The client's address, from Cloudflare. */
  readonly address: string | null;
  /** The value of Content-Length. */
  readonly length: string | null;
}

const CDN_LOOP = 'cdn-loop';
const ADDRESS = 'cf-connecting-ip';
const LENGTH = 'content-length';
const OF_CLOUDFLARE = /^(?:cf-|true-client-ip$)/;
const CHAIN = 'x-forwarded-for';

/** The edge's names in headers that record a request's way. */
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
 * Reads a client's headers. Headers that Cloudflare adds are removed unless `passCf`: they describe the client in more
 * detail than a bucket needs. If CDN-Loop names this edge, its Via is added too, as an intermediary may have removed it:
 * the edge then refuses the request as a loop.
 */
export function clientHeaders(received: Headers, names: OwnNames, passCf: boolean): ClientHeaders {
  const headers: string[] = [];
  const all: string[] = [];
  let address: string | null = null;
  let length: string | null = null;
  let cdnLoop = '';
  // Sorted by name (Fetch standard), so the address comes before the chain. An iterator is slower than `forEach`.
  received.forEach((value, name) => {
    all.push(name, value);
    if (name === ADDRESS) address = value;
    else if (name === LENGTH) length = value;
    if (name === CDN_LOOP) {
      cdnLoop = passCf ? value : withoutCloudflare(value);
      if (namesEdge(value, names.loop)) headers.push('via', names.via);
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

const namesEdge = (list: string, name: string): boolean =>
  list.split(',').some((entry) => entry.split(';', 1)[0]?.trim().toLowerCase() === name);

/** Removes the client's address, which Cloudflare has added: the edge adds it again. */
function withoutLast(chain: string, address: string | null): string {
  const items = chain.split(',').map((item) => item.trim());
  if (items.at(-1) === address) items.pop();
  return items.join(', ');
}
