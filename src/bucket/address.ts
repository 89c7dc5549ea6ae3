import { withoutDot } from './host.ts';
import type { Address } from './transport.ts';

export interface AddressFault {
  readonly reason: string;
  readonly write: string;
}

const EXAMPLE =
  'a URL such as https://my-bucket.oss-cn-hangzhou.aliyuncs.com or http://127.0.0.1:9000/my-bucket';

/**
 * Reads a bucket's URL; a path in it is the bucket's path-style prefix. A dot that ends the name is for the resolver
 * alone, which then searches no other domains: no store and no certificate has it in its name.
 */
export function parseAddress(text: string): Address | AddressFault {
  if (!URL.canParse(text)) return { reason: 'is not a URL', write: EXAMPLE };
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { reason: `speaks ${url.protocol} and not HTTP`, write: EXAMPLE };
  }
  if (url.username !== '' || url.password !== '') {
    return { reason: 'carries a user name or password', write: 'the URL without what stands before the @' };
  }
  if (url.search !== '' || url.hash !== '') {
    return { reason: 'carries a query or a fragment', write: 'the URL up to the ? or #' };
  }
  return { base: url.origin, host: withoutDot(url.host), path: url.pathname.replace(/\/+$/, '') };
}

export const isAddress = (parsed: Address | AddressFault): parsed is Address => 'base' in parsed;

/** An HTTP(S) URL with this host and port in place of its own. */
export const withHost = (url: string, host: string): string =>
  url.replace(/^(https?:\/\/)[^/?#]*/i, (_, scheme: string) => scheme + host);
