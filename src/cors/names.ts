/**
 * The names of the headers that CORS lives on: this file is the only place they are spelt out
 * (Fetch standard, §3.3 "HTTP extensions"). Requests are searched by the lower-case ones.
 */
export const ORIGIN = 'origin';
export const REQUEST_METHOD = 'access-control-request-method';
export const REQUEST_HEADERS = 'access-control-request-headers';

export const ALLOW_ORIGIN = 'Access-Control-Allow-Origin';
export const ALLOW_METHODS = 'Access-Control-Allow-Methods';
export const ALLOW_HEADERS = 'Access-Control-Allow-Headers';
export const EXPOSE_HEADERS = 'Access-Control-Expose-Headers';
export const MAX_AGE = 'Access-Control-Max-Age';
export const ALLOW_CREDENTIALS = 'Access-Control-Allow-Credentials';
export const VARY = 'Vary';

/** Tells the reason of a decision where that is asked for; nobody else may send it through the edge. */
export const REASON = 'x-bucket-cors-reason';
/** The code of an error of the edge itself, where reasons are asked for. */
export const CODE = 'x-bucket-cors-code';

/** Whatever a bucket sends under this prefix is removed before the edge writes its own. */
export const CORS_PREFIX = 'access-control-';

/** What a preflight's answer depends on, in the order S3 sends the names (semantics.md §4). */
export const PREFLIGHT_VARY: readonly string[] = [
  'Origin',
  'Access-Control-Request-Headers',
  'Access-Control-Request-Method',
];
export const ORIGIN_VARY: readonly string[] = ['Origin'];
