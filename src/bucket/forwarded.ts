import type { Exchange, FlatHeaders } from './transport.ts';

/** Which headers about earlier hops a bucket gets: all, the addresses only, or no header. */
export const FORWARDED = ['all', 'for', 'none'] as const;
export type Forwarded = (typeof FORWARDED)[number];

/** The hop between the client and the edge, as the edge sees it. */
export interface Hop {
  readonly peer: Exchange['peer'];
  /** The host that the client named; empty if it named no host. */
  readonly clientHost: string;
  /** The client is a trusted proxy: pass on its headers about earlier hops. */
  readonly trustForwarded: boolean;
  /** Applies to this hop and to the earlier hops that a trusted client names. */
  readonly forwarded: Forwarded;
}

const FAMILY = 'x-forwarded-';
const CHAIN = 'x-forwarded-for';
const ADDRESS = 'x-real-ip';

/**
 * Whether a header names the client of an earlier hop, its scheme or its host. Stores trust these headers: MinIO compares
 * their address with its policies, SeaweedFS checks signatures against their host, port and prefix.
 */
export const namesHop = (key: string): boolean => {
  // CGI and similar interfaces read `-` and `_` as the same character.
  const dashed = key.includes('_') ? key.replaceAll('_', '-') : key;
  return dashed === 'forwarded' || dashed === ADDRESS || dashed.startsWith(FAMILY);
};

/**
 * Adds the client's hop to the headers for the bucket, after the hops that a trusted client names. Stores and their
 * logs read X-Forwarded-*, so the edge writes these for every request. It continues a Forwarded header (RFC 7239), since
 * a list without this hop would be wrong, but does not begin one: X-Forwarded-* has the same information.
 */
export function addHop(
  sent: string[],
  headers: FlatHeaders,
  nominated: ReadonlySet<string> | null,
  { peer, clientHost, trustForwarded, forwarded }: Hop,
): void {
  if (forwarded === 'none') return;
  const earlier = trustForwarded ? earlierHops(sent, headers, nominated, forwarded === 'for') : NONE;
  const address = plainAddress(peer.address);
  const chain = joined(earlier.chain, address ?? '');
  if (chain !== '') sent.push('X-Forwarded-For', chain);
  if (forwarded === 'for') return;
  if (!earlier.scheme) sent.push('X-Forwarded-Proto', schemeOf(peer));
  if (!earlier.host && clientHost !== '') sent.push('X-Forwarded-Host', clientHost);
  if (earlier.elements !== '') {
    sent.push('Forwarded', joined(earlier.elements, element(address, peer, clientHost)));
  }
}

interface EarlierHops {
  /** The list of X-Forwarded-For. */
  chain: string;
  /** The list of Forwarded. */
  elements: string;
  /** The client sent X-Forwarded-Proto, or X-Forwarded-Host; the edge does not replace them. */
  scheme: boolean;
  host: boolean;
}

const NONE: Readonly<EarlierHops> = { chain: '', elements: '', scheme: false, host: false };

/**
 * Joins each list to one line, since many readers read only one. `addressesOnly` drops every header that names a host or
 * a scheme, also Forwarded.
 */
function earlierHops(
  sent: string[],
  headers: FlatHeaders,
  nominated: ReadonlySet<string> | null,
  addressesOnly: boolean,
): Readonly<EarlierHops> {
  const earlier = { ...NONE };
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    const key = name.toLowerCase();
    if (!namesHop(key) || nominated?.has(key)) continue;
    if (addressesOnly && key !== CHAIN && key !== ADDRESS) continue;
    if (key === CHAIN) earlier.chain = joined(earlier.chain, value);
    else if (key === 'forwarded') earlier.elements = joined(earlier.elements, value);
    else sent.push(name, value);
    earlier.scheme ||= key === 'x-forwarded-proto';
    earlier.host ||= key === 'x-forwarded-host';
  }
  return earlier;
}

const joined = (list: string, item: string): string =>
  list === '' || item === '' ? list + item : `${list}, ${item}`;

const schemeOf = ({ secure }: Exchange['peer']): string => (secure ? 'https' : 'http');

const MAPPED = '::ffff:';

/**
 * Returns an address without the `::ffff:` that a dual-stack socket puts before IPv4, and without a zone, which has a
 * meaning on this machine only.
 */
export function plainAddress(address: string | null): string | null {
  if (address === null || !address.includes(':')) return address;
  if (address.startsWith(MAPPED) && address.includes('.')) return address.slice(MAPPED.length);
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}

/** Returns one element of Forwarded (RFC 7239 §4). IPv6 is put in brackets, and quoted because it is not a token then. */
function element(address: string | null, peer: Exchange['peer'], host: string): string {
  const node = address === null ? 'unknown' : address.includes(':') ? `"[${address}]"` : address;
  const asked = host === '' ? '' : `;host="${host.replace(/["\\]/g, '\\$&')}"`;
  return `for=${node}${asked};proto=${schemeOf(peer)}`;
}

/** The name of an edge in Via. */
const edgeName = (edgeId: string): string => `bucket-cors-${edgeId}`;

/** The edge's own entry in Via (RFC 9110 §7.6.3). */
export const viaEntry = (edgeId: string): string => `1.1 ${edgeName(edgeId)}`;

/** Whether a request has passed this edge before: the bucket's address leads back to the edge. */
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
