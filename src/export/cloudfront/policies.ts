import * as names from '../../cors/names.ts';
import type { ErrorPolicy } from './error-policy.ts';

/** Headers that a bucket may send: the policy removes them before it adds its own. */
export const REMOVED: readonly string[] = [
  names.ALLOW_ORIGIN,
  names.ALLOW_METHODS,
  names.ALLOW_HEADERS,
  names.ALLOW_CREDENTIALS,
  names.EXPOSE_HEADERS,
  names.MAX_AGE,
];

/**
 * The values for preflights, which CloudFront asks for in a policy. The function answers preflights: these allow only
 * what needs no preflight.
 */
export const NO_PREFLIGHT = { methods: ['GET'], headers: ['Accept'] } as const;

const listOf = <T>(items: readonly T[]) => ({ Quantity: items.length, Items: items });

/** `aws cloudfront create-response-headers-policy --response-headers-policy-config`. */
export const responseHeadersPolicy = (name: string, comment: string, errors: ErrorPolicy) => ({
  Name: name,
  Comment: comment,
  ...(errors.origins.length > 0 && {
    CorsConfig: {
      AccessControlAllowOrigins: listOf(errors.origins),
      AccessControlAllowHeaders: listOf(NO_PREFLIGHT.headers),
      AccessControlAllowMethods: listOf(NO_PREFLIGHT.methods),
      AccessControlAllowCredentials: errors.credentials,
      ...(errors.exposeHeaders.length > 0 && { AccessControlExposeHeaders: listOf(errors.exposeHeaders) }),
      OriginOverride: true,
    },
  }),
  RemoveHeadersConfig: listOf(REMOVED.map((Header) => ({ Header }))),
});

/** Seconds for which CloudFront caches objects that do not say it: its own defaults. */
export const TTL = { min: 0, default: 86_400, max: 31_536_000 } as const;

/**
 * `aws cloudfront create-cache-policy --cache-policy-config`. Headers are written after the cache, so that it has one copy
 * for all origins: neither Origin nor Access-Control-Request-* is in its key, and so the bucket does not get them.
 */
export const cachePolicy = (name: string, comment: string) => ({
  Name: name,
  Comment: comment,
  MinTTL: TTL.min,
  DefaultTTL: TTL.default,
  MaxTTL: TTL.max,
  ParametersInCacheKeyAndForwardedToOrigin: {
    EnableAcceptEncodingGzip: true,
    EnableAcceptEncodingBrotli: true,
    HeadersConfig: { HeaderBehavior: 'none' },
    CookiesConfig: { CookieBehavior: 'none' },
    QueryStringsConfig: { QueryStringBehavior: 'all' },
  },
});

/** The fields of a cache behaviour in a distribution's configuration that belong to the export. */
export const cacheBehavior = ({ methods }: ErrorPolicy) => ({
  AllowedMethods: { ...listOf([...methods, 'OPTIONS']), CachedMethods: listOf(['GET', 'HEAD']) },
  CachePolicyId: 'ID of the cache policy',
  ResponseHeadersPolicyId: 'ID of the response headers policy',
  FunctionAssociations: listOf(
    EVENTS.map((EventType) => ({ FunctionARN: 'ARN of the function', EventType })),
  ),
});

/** The function serves both: it answers preflights, and writes headers. */
export const EVENTS = ['viewer-request', 'viewer-response'] as const;

export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
