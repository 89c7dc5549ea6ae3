import type { Exchange, FlatHeaders } from './transport.ts';

/** Which headers about hops before it a bucket gets: all, the addresses alone, or no header at all. */
export const FORWARDED = ['all', 'for', 'none'] as const;
export type Forwarded = (typeof FORWARDED)[number];

/** The hop between the client and the edge, as the edge itself sees it. */
export interface Hop {
  readonly peer: Exchange['peer'];
  /** The host that the client asked for; empty where it named none. */
  readonly clientHost: string;
  /** Believe what the client says of the hops before it: it is a proxy of one's own. */
  readonly trustForwarded: boolean;
  /** Applies to this hop, and for the hops that a trusted client names. */
  readonly forwarded: Forwarded;
}

const FAMILY = 'x-forwarded-';
const CHAIN = 'x-forwarded-for';
const ADDRESS = 'x-real-ip';

/**
 * Says who asks, over what and for which host. Stores go by it: MinIO takes the address that its policies name from
 * these, SeaweedFS checks signatures against the host, port and prefix.
 */
export const tellsHops = (key: string): boolean => {
  // CGI and its like read both as the same name.
  const dashed = key.includes('_') ? key.replaceAll('_', '-') : key;
  return dashed === 'forwarded' || dashed === ADDRESS || dashed.startsWith(FAMILY);
};

/**
 * Adds the client's hop to the headers for the bucket, after the hops that a trusted client names. Stores and their
 * logs read X-Forwarded-*, so these are written for every request. Forwarded (RFC 7239) is continued and never begun:
 * beside the others it says nothing new, and a list without this hop would be wrong.
 */
export function tellHops(
  kept: string[],
  headers: FlatHeaders,
  nominated: ReadonlySet<string> | null,
  { peer, clientHost, trustForwarded, forwarded }: Hop,
): void {
  if (forwarded === 'none') return;
  const earlier = trustForwarded ? earlierHops(kept, headers, nominated, forwarded === 'for') : NONE;
  const address = plainAddress(peer.address);
  const chain = joined(earlier.chain, address ?? '');
  if (chain !== '') kept.push('X-Forwarded-For', chain);
  if (forwarded === 'for') return;
  if (!earlier.scheme) kept.push('X-Forwarded-Proto', schemeOf(peer));
  if (!earlier.host && clientHost !== '') kept.push('X-Forwarded-Host', clientHost);
  if (earlier.elements !== '') {
    kept.push('Forwarded', joined(earlier.elements, element(address, peer, clientHost)));
  }
}

interface EarlierHops {
  /** Of X-Forwarded-For. */
  chain: string;
  /** Of Forwarded. */
  elements: string;
  /** X-Forwarded-Proto and X-Forwarded-Host were given, and stand. */
  scheme: boolean;
  host: boolean;
}

const NONE: Readonly<EarlierHops> = { chain: '', elements: '', scheme: false, host: false };

/**
 * Many a reader looks at one line alone: the lists that this hop is added to become one line each. `addressesOnly`
 * leaves out every header that names a host or a scheme too, Forwarded among them.
 */
function earlierHops(
  kept: string[],
  headers: FlatHeaders,
  nominated: ReadonlySet<string> | null,
  addressesOnly: boolean,
): Readonly<EarlierHops> {
  const earlier = { ...NONE };
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    const key = name.toLowerCase();
    if (!tellsHops(key) || nominated?.has(key)) continue;
    if (addressesOnly && key !== CHAIN && key !== ADDRESS) continue;
    if (key === CHAIN) earlier.chain = joined(earlier.chain, value);
    else if (key === 'forwarded') earlier.elements = joined(earlier.elements, value);
    else kept.push(name, value);
    earlier.scheme ||= key === 'x-forwarded-proto';
    earlier.host ||= key === 'x-forwarded-host';
  }
  return earlier;
}

const joined = (list: string, item: string): string =>
  list === '' || item === '' ? list + item : `${list}, ${item}`;

const schemeOf = ({ secure }: Exchange['peer']): string => (secure ? 'https' : 'http');

const MAPPED = '::ffff:';

/** A socket that listens for both families writes IPv4 as `::ffff:192.0.2.1`; a zone means nothing elsewhere. */
function plainAddress(address: string | null): string | null {
  if (address === null || !address.includes(':')) return address;
  if (address.startsWith(MAPPED) && address.includes('.')) return address.slice(MAPPED.length);
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}

/** One element of Forwarded (RFC 7239 §4): IPv6 in brackets, and in quotes like all that is no token. */
function element(address: string | null, peer: Exchange['peer'], host: string): string {
  const node = address === null ? 'unknown' : address.includes(':') ? `"[${address}]"` : address;
  const asked = host === '' ? '' : `;host="${host.replace(/["\\]/g, '\\$&')}"`;
  return `for=${node}${asked};proto=${schemeOf(peer)}`;
}

/** What an edge calls itself in Via. */
const edgeName = (edgeId: string): string => `bucket-cors-${edgeId}`;

/** The edge's own entry in Via (RFC 9110 §7.6.3). */
export const viaEntry = (edgeId: string): string => `1.1 ${edgeName(edgeId)}`;

/** Whether a request has come through this edge before: its bucket is, by some way, the edge itself. */
export function hasPassed(via: string, edgeId: string): boolean {
  const name = edgeName(edgeId);
  return via.split(',').some(
    (entry) =>
      entry
        .trim()
        .split(/[ \t]+/)[1]
        ?.toLowerCase() === name,
  );
}
