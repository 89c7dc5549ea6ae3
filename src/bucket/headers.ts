import { CORS_PREFIX, ORIGIN, REASON, REQUEST_HEADERS, REQUEST_METHOD } from '../cors/names.ts';
import { withoutVary } from '../cors/vary.ts';
import type { FlatHeaders } from './transport.ts';

/** RFC 9110 §7.6.1, and what older peers still send: they end at the next hop, both ways. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
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

/** Headers that tell caches what they may keep; all give way to `no-store` (promise 2). */
const CACHING: ReadonlySet<string> = new Set([
  'age',
  'cache-control',
  'edge-control',
  'expires',
  'pragma',
  'surrogate-control',
]);

/** CDNs put their own name before it, and obey it before Cache-Control (RFC 9213). */
const rulesCaching = (key: string): boolean => CACHING.has(key) || key.endsWith('-cache-control');

/** The client's headers as the bucket shall see them. */
export function requestHeaders(headers: FlatHeaders, host: string): string[] {
  const nominated = connectionNames(headers);
  const kept = ['Host', host];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key) || KEPT_FROM_BUCKET.has(key) || nominated?.has(key)) continue;
    kept.push(name, headers[at + 1] ?? '');
  }
  return kept;
}

/** A bucket's headers without what the edge owns. */
export interface BucketHead {
  readonly headers: string[];
  /** The bucket's own Vary names, `Origin` taken out: it never saw that header. */
  readonly vary: readonly string[];
  /** It sent CORS headers of its own, which are dropped (promise 1). */
  readonly hadCors: boolean;
}

/** `noStore` takes the caching headers out as well. */
export function responseHeaders(headers: FlatHeaders, noStore: boolean): BucketHead {
  const nominated = connectionNames(headers);
  const kept: string[] = [];
  let vary: readonly string[] = [];
  let hadCors = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const key = name.toLowerCase();
    if (key.startsWith(CORS_PREFIX)) {
      hadCors = true;
    } else if (key === 'vary') {
      vary = [...vary, ...withoutVary([headers[at + 1] ?? ''], ORIGIN)];
    } else if (
      !(HOP_BY_HOP.has(key) || key === REASON || nominated?.has(key) || (noStore && rulesCaching(key)))
    ) {
      kept.push(name, headers[at + 1] ?? '');
    }
  }
  return { headers: kept, vary, hadCors };
}

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
