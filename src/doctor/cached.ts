import type { HeaderPairs } from '../analysis/browser/check.ts';
import type { Answered } from './transcript.ts';

/** What an answer says about caches: it comes from one, or not; null if it does not say. */
export interface Cached {
  readonly hit: boolean | null;
  /** The lines that say so, and the other lines of caches. */
  readonly lines: HeaderPairs;
}

interface Sign {
  readonly name: string;
  /** Null: the value does not say. */
  readonly hit: (value: string) => boolean | null;
}

/** `TCP_MEM_HIT`, `RefreshHit from cloudfront`, `REVALIDATED`, `MISS, HIT`. */
const byWords = (value: string): boolean | null =>
  /hit\b|\b(?:stale|updating|revalidated)\b/i.test(value)
    ? true
    : /miss|bypass|dynamic|pass|expired|none|fetch/i.test(value)
      ? false
      : null;

/** Header lines of caches. Age counts for every cache (RFC 9111 §5.1): a cache adds it to what it has stored. */
const SIGNS: readonly Sign[] = [
  // RFC 9211
  {
    name: 'cache-status',
    hit: (value) => (/;\s*hit\b/.test(value) ? true : /fwd=/.test(value) ? false : null),
  },
  // https://developers.cloudflare.com/cache/concepts/cache-responses
  { name: 'cf-cache-status', hit: byWords },
  // Alibaba Cloud CDN, CloudFront, Fastly, Akamai, Azure Front Door, Squid and many proxies
  { name: 'x-cache', hit: byWords },
  { name: 'x-proxy-cache', hit: byWords },
  { name: 'x-cache-status', hit: byWords },
  { name: 'x-site-cache-status', hit: byWords },
  // https://vercel.com/docs/headers/response-headers
  { name: 'x-vercel-cache', hit: (value) => (/prerender/i.test(value) ? true : byWords(value)) },
  // Two numbers: this request, and the one that stored the object.
  { name: 'x-varnish', hit: (value) => /^\d+\s+\d+$/.test(value.trim()) },
  { name: 'age', hit: (value) => (/^[1-9]\d*$/.test(value.trim()) ? true : null) },
  { name: 'x-cache-hits', hit: () => null },
  { name: 'x-served-by', hit: () => null },
  { name: 'x-swift-savetime', hit: () => null },
  { name: 'x-swift-cachetime', hit: () => null },
];

/** Reads from an answer whether a cache gave it. One sign of a hit outweighs misses: the outermost cache may have missed. */
export function cachedOf({ received }: Answered): Cached {
  const lines = received.headers.filter(([name]) => SIGNS.some((sign) => sign.name === name.toLowerCase()));
  const found = lines.map(([name, value]) =>
    (SIGNS.find((sign) => sign.name === name.toLowerCase()) as Sign).hit(value),
  );
  return { hit: found.includes(true) ? true : found.includes(false) ? false : null, lines };
}
