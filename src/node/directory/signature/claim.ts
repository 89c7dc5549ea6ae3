import { decode, headerMap, parametersOf, type Signable } from '../../../bucket/sign/canonical.ts';
import { type Refusal, refusal } from '../refusal.ts';

/** A request as its signature sees it. */
export interface SignedRequest extends Signable {
  /** By lower-case name. */
  readonly headerOf: (name: string) => string | undefined;
  /** Decoded; the first of that name. */
  readonly parameterOf: (name: string) => string | undefined;
}

/** Who a request says it is from, and what is needed to find out. */
export interface Claim {
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  readonly signature: string;
  /** When it was signed, in milliseconds since 1970; null where only the end of its validity is told. */
  readonly signedAt: number | null;
  /** Until when a signed URL is good; null for a signature in the headers, which is good for 15 minutes. */
  readonly validUntil: number | null;
  /** What the store says to a token that does not belong to the key. */
  readonly tokenRefusal: () => Refusal;
  /** The signature that this request should have, from the key's secret. */
  readonly sign: (secret: string) => Promise<string>;
}

/** Prepares a request for its signature's reader; `target` is raw, in whatever form it came. */
export const signedRequest = (method: string, target: string, headers: readonly string[]): SignedRequest => {
  const relative = target.replace(/^https?:\/\/[^/?]*/i, '');
  const absolute = relative.startsWith('/') ? relative : `/${relative}`;
  const map = headerMap(headers);
  const parameters = parametersOf(absolute).map(([name, value]) => [decode(name), decode(value)] as const);
  return {
    method,
    target: absolute,
    headers,
    headerOf: (name) => map.get(name),
    parameterOf: (wanted) => parameters.find(([name]) => name === wanted)?.[1],
  };
};

/** A V4 credential, `AK/20231216/region/service/terminator`, taken apart; null when it is none of this chain. */
export const readCredential = (
  credential: string,
  { service, terminator }: { readonly service: string; readonly terminator: string },
): { readonly accessKeyId: string; readonly day: string; readonly region: string } | null => {
  const found = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(credential);
  if (!found) return null;
  const [, accessKeyId = '', day = '', region = '', ofService, ending] = found;
  return ofService === service && ending === terminator ? { accessKeyId, day, region } : null;
};

/** The `name=value` pairs behind the algorithm's name in an Authorization header. */
export const readPairs = (authorization: string): ReadonlyMap<string, string> => {
  const pairs = authorization.slice(authorization.indexOf(' ') + 1).split(',');
  return new Map(
    pairs.map((pair) => {
      const [name = '', ...value] = pair.trim().split('=');
      return [name, value.join('=')];
    }),
  );
};

export const ossTokenRefusal = (): Refusal => refusal('InvalidSecurityToken');
export const s3TokenRefusal = (): Refusal => refusal('InvalidToken');
