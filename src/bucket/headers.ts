import { CODE, CORS_PREFIX, ORIGIN, REASON, REQUEST_HEADERS, REQUEST_METHOD } from '../cors/names.ts';
import { withoutVary } from '../cors/vary.ts';
import { type Hop, tellHops, tellsHops, viaEntry } from './forwarded.ts';
import type { FlatHeaders } from './transport.ts';

/** RFC 9110 §7.6.1, §11.7, and what older peers still send: they end at the next hop, both ways. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Not a client's to decide: the bucket never sees them (semantics.md §5). */
const KEPT_FROM_BUCKET: ReadonlySet<string> = new Set([
  'host',
  ORIGIN,
  REQUEST_METHOD,
  REQUEST_HEADERS,
  // The edge's own server has answered it already.
  'expect',
]);

/** What a Connection header must not take away: without them the message would change its meaning. */
const NEVER_NOMINATED: ReadonlySet<string> = new Set(['content-length', 'host']);

/**
 * Headers that caches go by, `Cache-Control` and those that a cache obeys before it; all give way to `no-store`
 * (promise 2). `X-Accel-Expires` is nginx's, `Surrogate-Control` Fastly's and Varnish's, `Edge-Control` Akamai's,
 * `CF-Edge-Cache` Cloudflare's, `X-Reverse-Proxy-TTL` Symfony's.
 */
const CACHING: ReadonlySet<string> = new Set([
  'age',
  'cache-control',
  'cf-edge-cache',
  'edge-control',
  'expires',
  'pragma',
  'surrogate-control',
  'x-accel-expires',
  'x-reverse-proxy-ttl',
]);

/** CDNs put their own name before it, and obey it before Cache-Control (RFC 9213). */
const rulesCaching = (key: string): boolean => CACHING.has(key) || key.endsWith('-cache-control');

/**
 * Headers by which a server commands the proxy in front of it: to send another file or URL in place of the answer, to
 * change how it is sent or stored, to take the server out of service. nginx, lighttpd, LiteSpeed, Perlbal, Apache with
 * mod_xsendfile, Envoy. A bucket is not the server that such a proxy trusts.
 */
const COMMANDS: ReadonlySet<string> = new Set(['x-envoy-degraded', 'x-envoy-immediate-health-check-fail']);
const COMMAND_PREFIXES: readonly string[] = [
  'x-accel-',
  'x-lighttpd-',
  'x-litespeed-',
  'x-reproxy-',
  'x-sendfile',
];

const isCommand = (key: string): boolean =>
  COMMANDS.has(key) || COMMAND_PREFIXES.some((prefix) => key.startsWith(prefix));

/** Whether the edge writes this header itself, takes it out, or may have to; the name in lower case. */
export const isEdges = (key: string): boolean =>
  key.startsWith(CORS_PREFIX) || key === 'vary' || key === REASON || key === CODE || rulesCaching(key);

/** What the bucket is told besides the client's own headers. */
export interface Passing extends Hop {
  /** What the Host header shall say to the bucket. */
  readonly host: string;
  /** Names this edge in Via. */
  readonly edgeId: string;
}

/**
 * The client's headers as the bucket shall see them. Nothing is left in that undici refuses: with every request that it
 * refuses, a pool loses a connection for good. Bytes need no look: Node's parser takes none that undici does not.
 */
export function requestHeaders(headers: FlatHeaders, passing: Passing): string[] {
  const nominated = connectionNames(headers);
  const kept = ['Host', passing.host];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (nominated !== null || mayStayHere(name)) {
      const key = name.toLowerCase();
      if (HOP_BY_HOP.has(key) || KEPT_FROM_BUCKET.has(key) || tellsHops(key) || nominated?.has(key)) continue;
    }
    kept.push(name, headers[at + 1] ?? '');
  }
  tellHops(kept, headers, nominated, passing);
  // A line of its own is the end of the list that the client's lines begin (RFC 9110 §5.3).
  kept.push('Via', viaEntry(passing.edgeId));
  return kept;
}

/**
 * A number made of a name's length, up to 31, and of its first and fourth letter in whatever case. Most names pass by it
 * alone, without a copy in lower case.
 */
function slotOf(name: string): number {
  const { length } = name;
  const first = name.charCodeAt(0) & 31;
  const fourth = name.charCodeAt(length > 3 ? 3 : length - 1) & 31;
  return (Math.min(length, 31) << 10) | (first << 5) | fourth;
}

/** The slots of names, and of all names that begin with one of the prefixes, which have four letters at least. */
function slotsOf(names: Iterable<string>, prefixes: readonly string[]): Uint8Array {
  const slots = new Uint8Array(32 * 32 * 32);
  for (const name of names) slots[slotOf(name)] = 1;
  for (const prefix of prefixes) {
    for (let name = prefix; name.length <= 31; name += '?') slots[slotOf(name)] = 1;
  }
  return slots;
}

const SLOTS = slotsOf([...HOP_BY_HOP, ...KEPT_FROM_BUCKET, 'forwarded', 'x-real-ip'], ['x-forwarded-']);

const mayStayHere = (name: string): boolean => SLOTS[slotOf(name)] === 1;

/** A bucket's headers without what the edge owns. */
export interface BucketHead {
  readonly headers: string[];
  /** The bucket's own Vary names, `Origin` taken out: it never saw that header. */
  readonly vary: readonly string[];
  /** It sent CORS headers of its own, which are dropped (promise 1). */
  readonly hadCors: boolean;
}

export interface ResponseHeaderOptions {
  /** Take the caching headers out as well. */
  readonly noStore: boolean;
  /** Leave commands to a proxy in front. */
  readonly passCommands: boolean;
}

export function responseHeaders(
  headers: FlatHeaders,
  { noStore, passCommands }: ResponseHeaderOptions,
): BucketHead {
  const nominated = connectionNames(headers);
  const kept: string[] = [];
  let vary: readonly string[] = NO_NAMES;
  let hadCors = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (nominated !== null || noStore || mayEndHere(name)) {
      const key = name.toLowerCase();
      if (key.startsWith(CORS_PREFIX)) {
        hadCors = true;
        continue;
      }
      if (key === 'vary') {
        vary = [...vary, ...withoutVary([headers[at + 1] ?? ''], ORIGIN)];
        continue;
      }
      if (HOP_BY_HOP.has(key) || key === REASON || key === CODE || nominated?.has(key)) continue;
      if ((noStore && rulesCaching(key)) || (!passCommands && isCommand(key))) continue;
    }
    kept.push(name, headers[at + 1] ?? '');
  }
  return { headers: kept, vary, hadCors };
}

const NO_NAMES: readonly string[] = [];

const BUCKET_SLOTS = slotsOf(
  [...HOP_BY_HOP, ...COMMANDS, 'vary', REASON, CODE],
  [CORS_PREFIX, ...COMMAND_PREFIXES],
);

const mayEndHere = (name: string): boolean => BUCKET_SLOTS[slotOf(name)] === 1;

/** The names that Connection declares hop-by-hop; null when there are none, as nearly always. */
function connectionNames(headers: FlatHeaders): ReadonlySet<string> | null {
  let names: Set<string> | null = null;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    for (const item of (headers[at + 1] ?? '').toLowerCase().split(',')) {
      const named = item.trim();
      if (named === '' || named === 'keep-alive' || named === 'close' || NEVER_NOMINATED.has(named)) continue;
      names ??= new Set();
      names.add(named);
    }
  }
  return names;
}
