import { decode, headerMap, parametersOf, type Signable } from '../../../bucket/sign/canonical.ts';
import { type Refusal, refusal } from '../refusal.ts';

/** The parts of a request that a signature may cover. */
export interface SignedRequest extends Signable {
  /** By lower-case name. */
  readonly headerOf: (name: string) => string | undefined;
  /** Decoded; the first of that name. */
  readonly parameterOf: (name: string) => string | undefined;
}

/** What a signed request claims, and how to check it. */
export interface Claim {
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  readonly signature: string;
  /** When it was signed, in milliseconds since 1970; null where the request gives only the end of its validity. */
  readonly signedAt: number | null;
  /** The end of a signed URL's validity, in milliseconds since 1970; null: a signature in headers, valid for 15 minutes. */
  readonly validUntil: number | null;
  /** The store's refusal of a token that does not belong to the key. */
  readonly tokenRefusal: () => Refusal;
  /** Computes the correct signature of this request from the key's secret. */
  readonly sign: (secret: string) => Promise<string>;
}

/** Prepares a request for `ReadClaim`; `target` is raw, in origin-form or absolute-form. */
export function signedRequest(method: string, target: string, headers: readonly string[]): SignedRequest {
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
}

/** Reads a V4 credential, `AK/20231216/region/service/terminator`; null if malformed or of another service. */
export function readCredential(
  credential: string,
  { service, terminator }: { readonly service: string; readonly terminator: string },
): { readonly accessKeyId: string; readonly day: string; readonly region: string } | null {
  const found = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(credential);
  if (!found) return null;
  const [, accessKeyId = '', day = '', region = '', ofService, ending] = found;
  return ofService === service && ending === terminator ? { accessKeyId, day, region } : null;
}

/** The `name=value` pairs after the algorithm's name in an Authorization header. */
export function readPairs(authorization: string): ReadonlyMap<string, string> {
  const pairs = authorization.slice(authorization.indexOf(' ') + 1).split(',');
  return new Map(
    pairs.map((pair) => {
      const [name = '', ...value] = pair.trim().split('=');
      return [name, value.join('=')];
    }),
  );
}

export const ossTokenRefusal = (): Refusal => refusal('InvalidSecurityToken');
export const s3TokenRefusal = (): Refusal => refusal('InvalidToken');
