import { METHODS, type Rule, type RuleSet } from '../../src/cors/rule.ts';
import { rule } from '../helpers/rules.ts';

export const A = 'https://a.example';
export const STRANGER = 'https://stranger.example';
export const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

export const setOf = (...rules: readonly Rule[]): RuleSet => ({ rules, responseVary: false });

/** Allows one origin everything, so answers depend on the origin. */
export const ONE_ORIGIN = setOf(
  rule({
    allowedOrigins: [A],
    allowedMethods: METHODS,
    allowedHeaders: ['content-type', 'x-oss-*'],
    exposeHeaders: ['ETag', 'x-oss-request-id'],
    maxAgeSeconds: 600,
  }),
);

/** The CORS headers of an actual request from that origin, in dialect `oss`. */
export const ONE_ORIGIN_HEADERS = {
  'access-control-allow-origin': A,
  'access-control-allow-methods': 'GET, PUT, DELETE, POST, HEAD',
  'access-control-expose-headers': 'ETag, x-oss-request-id',
  'access-control-max-age': '600',
};

/** Allows every origin everything, so the answer is the same for all. */
export const EVERYBODY = setOf(rule({ allowedMethods: METHODS, exposeHeaders: ['ETag'] }));

export const EVERYBODY_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, PUT, DELETE, POST, HEAD',
  'access-control-expose-headers': 'ETag',
};
