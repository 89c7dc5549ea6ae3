import * as names from '../cors/names.ts';

/** The CORS headers of an answer (Fetch standard, §3.3 "HTTP extensions"). */
export const ANSWER_HEADERS = [
  names.ALLOW_ORIGIN,
  names.ALLOW_METHODS,
  names.ALLOW_HEADERS,
  names.EXPOSE_HEADERS,
  names.MAX_AGE,
  names.ALLOW_CREDENTIALS,
] as const;

/**
 * The CORS headers that a bucket's answer loses, for programs that remove headers by name: those of the Fetch standard, those
 * of Private Network Access and its former names, and requests' names, which some stores send.
 */
export const BUCKET_HEADERS: readonly string[] = [
  ...ANSWER_HEADERS,
  'Access-Control-Allow-Private-Network',
  'Access-Control-Allow-Local-Network',
  'Access-Control-Allow-External',
  'Access-Control-Request-Method',
  'Access-Control-Request-Headers',
  'Access-Control-Request-Private-Network',
  'Access-Control-Request-Local-Network',
  'Access-Control-Request-External',
];
