import { withoutDot } from './host.ts';
import type { Address } from './transport.ts';

export interface AddressFault {
  readonly reason: string;
  readonly write: string;
}

const EXAMPLE =
  'a URL such as https://my-bucket.oss-cn-hangzhou.aliyuncs.com or http://127.0.0.1:9000/my-bucket';

/**
 * Reads a bucket's URL; a path in it is the bucket's path-style prefix. The dot at the end of
 * an absolute name is removed: it is for the resolver, and stores and certificates have the name without it.
 */
export function parseAddress(text: string): Address | AddressFault {
  if (!URL.canParse(text)) return { reason: 'is not a URL', write: EXAMPLE };
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { reason: `has ${shownScheme(url.protocol)} instead of http: or https:`, write: EXAMPLE };
  }
  if (url.username !== '' || url.password !== '') {
    return { reason: 'contains a user name or password', write: 'the URL without the part before the @' };
  }
  if (url.search !== '' || url.hash !== '') {
    return { reason: 'contains a query or a fragment', write: 'the URL up to the ? or #' };
  }
  return { base: url.origin, host: withoutDot(url.host), path: url.pathname.replace(/\/+$/, '') };
}

/** What stands before a colon may be a key id with its secret after it, so only a short word is shown (promise 7). */
const shownScheme = (protocol: string): string =>
  /^[a-z]{1,8}:$/.test(protocol) ? `the scheme ${protocol}` : 'another scheme';

export const isAddress = (parsed: Address | AddressFault): parsed is Address => 'base' in parsed;

/** An HTTP(S) URL with this host and port in place of its own. */
export const withHost = (url: string, host: string): string =>
  url.replace(/^(https?:\/\/)[^/?#]*/i, (_, scheme: string) => scheme + host);
