import { CODE, CORS_PREFIX, ORIGIN, REASON, REQUEST_HEADERS, REQUEST_METHOD } from '../cors/names.ts';
import { withoutVary } from '../cors/vary.ts';
import { byName } from './by-name.ts';
import { addHop, type Hop, namesHop, viaEntry } from './forwarded.ts';
import type { FlatHeaders } from './transport.ts';

/** Hop-by-hop headers of requests and responses: RFC 9110 §7.6.1, §11.7, and names that older peers send. */
const HOP_BY_HOP: readonly string[] = [
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
];

/** A client's headers that the edge does not forward (semantics.md §5). */
const NOT_FOR_BUCKET: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'host',
  ORIGIN,
  REQUEST_METHOD,
  REQUEST_HEADERS,
  // The edge's own server has answered it.
  'expect',
]);

const isForBucket = byName((name) => {
  const key = name.toLowerCase();
  return !NOT_FOR_BUCKET.has(key) && !namesHop(key);
});

/** A bucket's headers that the edge does not forward, besides CORS headers and Vary. */
const NOT_FOR_CLIENT: ReadonlySet<string> = new Set([...HOP_BY_HOP, REASON, CODE]);

/** Headers that Connection cannot remove: without them the message would change its meaning. */
const NEVER_NOMINATED: ReadonlySet<string> = new Set(['content-length', 'host']);

/**
 * `Cache-Control`, and the headers that a cache obeys before it. `no-store` replaces all of them (promise 2).
 * `X-Accel-Expires` is nginx's, `Surrogate-Control` Fastly's and Varnish's, `Edge-Control` Akamai's, `CF-Edge-Cache`
 * Cloudflare's, `X-Reverse-Proxy-TTL` Symfony's.
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

/** Whether a header controls caches. `*-Cache-Control` is for one kind of cache, which obeys it first (RFC 9213). */
const rulesCaching = (key: string): boolean => CACHING.has(key) || key.endsWith('-cache-control');

/**
 * Headers by which a server commands the proxy in front of it: send another file or URL as the response, change how the
 * response is sent or stored, take the server out of service. nginx, lighttpd, LiteSpeed, Perlbal, Apache with
 * mod_xsendfile and Envoy have them. Such a proxy trusts its own server, which a bucket is not.
 */
const COMMAND =
  /^x-(?:accel-|lighttpd-|litespeed-|reproxy-|sendfile|envoy-degraded$|envoy-immediate-health-check-fail$)/;

/** What the edge does with a bucket's header. */
interface Nature {
  readonly kind: 'cors' | 'vary' | 'hop' | 'passed';
  readonly rulesCaching: boolean;
  /** It commands a proxy in front. */
  readonly commands: boolean;
}

const natureOf = byName((name): Nature => {
  const key = name.toLowerCase();
  const kind = key.startsWith(CORS_PREFIX) ? 'cors' : key === 'vary' ? 'vary' : undefined;
  return {
    kind: kind ?? (NOT_FOR_CLIENT.has(key) ? 'hop' : 'passed'),
    rulesCaching: rulesCaching(key),
    commands: COMMAND.test(key),
  };
});

/** Whether the edge writes or removes this header, at least in some responses. `key` is in lower case. */
export const isOwnedByEdge = (key: string): boolean =>
  key.startsWith(CORS_PREFIX) || key === 'vary' || key === REASON || key === CODE || rulesCaching(key);

/** The values that the edge adds to the client's headers. */
export interface Passing extends Hop {
  /** The Host header for the bucket. */
  readonly host: string;
  /** Names this edge in Via. */
  readonly edgeId: string;
}

/**
 * Returns the headers for the bucket. They contain no header that a transport rejects. Values need no check here: Node's
 * parser is strict, and the transport checks what it writes.
 */
export function requestHeaders(headers: FlatHeaders, passing: Passing): string[] {
  const nominated = connectionNames(headers);
  const sent = ['Host', passing.host];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (isForBucket(name) && !nominated?.has(name.toLowerCase())) sent.push(name, headers[at + 1] ?? '');
  }
  addHop(sent, headers, nominated, passing);
  // A separate line continues the list of the client's lines (RFC 9110 §5.3).
  sent.push('Via', viaEntry(passing.edgeId));
  return sent;
}

/** A bucket's headers without those that the edge removes. */
export interface BucketHead {
  readonly headers: string[];
  /** The bucket's own Vary names without `Origin`, which the edge does not forward. */
  readonly vary: readonly string[];
  /** The bucket sent CORS headers, which are removed (promise 1). */
  readonly hadCors: boolean;
}

export interface ResponseHeaderOptions {
  /** Remove the caching headers too. */
  readonly noStore: boolean;
  /** Pass commands to a proxy in front. */
  readonly passCommands: boolean;
}

/** Divides a bucket's headers into those that pass to the client and its Vary. */
export function responseHeaders(
  headers: FlatHeaders,
  { noStore, passCommands }: ResponseHeaderOptions,
): BucketHead {
  const nominated = connectionNames(headers);
  const passed: string[] = [];
  let vary: readonly string[] = NO_NAMES;
  let hadCors = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    const nature = natureOf(name);
    if (nature.kind === 'cors') hadCors = true;
    else if (nature.kind === 'vary') vary = [...vary, ...withoutVary([value], ORIGIN)];
    else if (nature.kind === 'hop' || nominated?.has(name.toLowerCase())) continue;
    else if ((noStore && nature.rulesCaching) || (!passCommands && nature.commands)) continue;
    else passed.push(name, value);
  }
  return { headers: passed, vary, hadCors };
}

const NO_NAMES: readonly string[] = [];

/** Returns the names that Connection declares hop-by-hop; null when it names no header, the usual case. */
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
