import * as names from '../../cors/names.ts';
import { isSafeMethod } from './safelist.ts';

/** A header list: names in any case, in pairs. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** What a page asks for. */
export interface PageRequest {
  readonly origin: string;
  /** As the browser sends it (`sentMethod`). */
  readonly method: string;
  /** The names that a preflight asks for (`askedNames`). */
  readonly headers: readonly string[];
  /** Whether the page sends cookies: credentials mode "include". */
  readonly credentials: boolean;
}

/** The check of the Fetch standard that a request or an answer does not pass. */
export type Failure =
  | 'forbidden_method'
  | 'no_allow_origin'
  | 'several_allow_origins'
  | 'other_allow_origin'
  | 'wildcard_with_credentials'
  | 'no_allow_credentials'
  | 'status'
  | 'invalid_list'
  | 'method'
  | 'header';

export interface Failed {
  readonly failure: Failure;
  /** The value that does not pass: the header's value, the status, the method or the header name. */
  readonly value: string;
}

/** Fetch standard, "get": several lines are one value, joined by a comma and a space. Null without a line. */
export function combined(headers: HeaderPairs, name: string): string | null {
  const wanted = name.toLowerCase();
  const values = headers.filter(([one]) => one.toLowerCase() === wanted).map(([, value]) => value.trim());
  return values.length === 0 ? null : values.join(', ');
}

/** Fetch standard, "extract header list values" of a list of tokens; null without the header, undefined if it is invalid. */
export function listOf(headers: HeaderPairs, name: string): readonly string[] | null | undefined {
  const value = combined(headers, name);
  if (value === null) return null;
  const items = value.split(',').map((item) => item.replace(/^[\t ]+|[\t ]+$/g, ''));
  const tokens = items.filter((item) => item !== '');
  return tokens.every((token) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(token)) ? tokens : undefined;
}

/** Fetch standard, "CORS check"; null if the answer passes. */
export function corsCheck({ origin, credentials }: PageRequest, headers: HeaderPairs): Failed | null {
  const allowed = combined(headers, names.ALLOW_ORIGIN);
  if (allowed === null) return { failure: 'no_allow_origin', value: '' };
  if (!credentials && allowed === '*') return null;
  if (allowed !== origin) {
    const failure =
      allowed === '*'
        ? 'wildcard_with_credentials'
        : allowed.includes(',')
          ? 'several_allow_origins'
          : 'other_allow_origin';
    return { failure, value: allowed };
  }
  if (!credentials) return null;
  const credentialed = combined(headers, names.ALLOW_CREDENTIALS);
  return credentialed === 'true' ? null : { failure: 'no_allow_credentials', value: credentialed ?? '' };
}

/** Fetch standard, "CORS-preflight fetch", steps on the answer; null if it passes. */
export function preflightCheck(request: PageRequest, status: number, headers: HeaderPairs): Failed | null {
  const failed = corsCheck(request, headers);
  if (failed !== null) return failed;
  if (status < 200 || status > 299) return { failure: 'status', value: String(status) };
  const methods = listOf(headers, names.ALLOW_METHODS);
  if (methods === undefined) return { failure: 'invalid_list', value: names.ALLOW_METHODS };
  const allowed = listOf(headers, names.ALLOW_HEADERS);
  if (allowed === undefined) return { failure: 'invalid_list', value: names.ALLOW_HEADERS };
  const { method, credentials } = request;
  const wildcard = (list: readonly string[] | null) => !credentials && list?.includes('*') === true;
  if (!methods?.includes(method) && !isSafeMethod(method) && !wildcard(methods)) {
    return { failure: 'method', value: method };
  }
  const lower = new Set(allowed?.map((name) => name.toLowerCase()));
  // Authorization is the one "CORS non-wildcard request-header name".
  const refused = request.headers.find(
    (name) => !lower.has(name) && (name === 'authorization' || !wildcard(allowed)),
  );
  return refused === undefined ? null : { failure: 'header', value: refused };
}
