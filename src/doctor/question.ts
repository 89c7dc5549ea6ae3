import { isSafeMethod } from '../analysis/browser/safelist.ts';

/** What is to be examined: a URL as a page asks for it. */
export interface Question {
  readonly url: string;
  /** The origin of the page. */
  readonly origin: string;
  /** As the browser sends it (`sentMethod`). */
  readonly method: string;
  /** What a preflight asks for (`askedNames`). */
  readonly headers: readonly string[];
  /** The page sends cookies: credentials mode "include". */
  readonly credentials: boolean;
}

/** Words that no cache has seen; each ends in its number. */
export interface Fresh {
  readonly first: string;
  readonly second: string;
}

/** Whether the page asks to read: the experiments send the same request as the page. */
export const isRead = ({ method }: Question): boolean => method === 'GET' || method === 'HEAD';

/** Whether a browser sends a preflight first. */
export const isPreflighted = ({ method, headers }: Question): boolean =>
  !isSafeMethod(method) || headers.length > 0;

/**
 * Whether the query signs the request: a URL with one more parameter may be refused. The names are those of SigV4 and SigV2,
 * of OSS V1 and V4, of GCS and of Azure.
 */
export const isSigned = ({ url }: Question): boolean =>
  [...new URL(url).searchParams.keys()].some((name) => SIGNATURES.has(name.toLowerCase()));

const SIGNATURES = new Set(['x-amz-signature', 'signature', 'x-oss-signature', 'x-goog-signature', 'sig']);
