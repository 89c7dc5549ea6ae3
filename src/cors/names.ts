/**
 * The names of the CORS headers, spelt out in this file only (Fetch standard, §3.3 "HTTP extensions"). Names of request
 * headers are in lower case, the form in which they are looked up.
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

/** The reason of a decision, sent with `--debug-reason`. The edge removes it from a bucket's response. */
export const REASON = 'x-bucket-cors-reason';
/** The code of the edge's own error, sent with `--debug-reason`. */
export const CODE = 'x-bucket-cors-code';

/** The edge removes every header of a bucket with this prefix before it writes its own. */
export const CORS_PREFIX = 'access-control-';

/** The headers that a preflight's answer depends on, in S3's order (semantics.md §4). */
export const PREFLIGHT_VARY: readonly string[] = [
  'Origin',
  'Access-Control-Request-Headers',
  'Access-Control-Request-Method',
];
export const ORIGIN_VARY: readonly string[] = ['Origin'];

/** The origin of a page that no bucket lists, as which `doctor` asks too (RFC 6761 §6.4: `.invalid`). */
export const DOCTOR_ORIGIN = 'https://bucket-cors-doctor.invalid';
