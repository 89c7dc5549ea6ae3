import type { StoreCode } from '../refusals.ts';
import { cut, decode, headerMap, type Parameter, parametersOf, type Signable } from '../sign/canonical.ts';
import type { SignedText } from '../sign/chain.ts';
import type { FlatHeaders } from '../transport.ts';
import type { ChunkSigner, ClientRequest, Scheme } from './verified.ts';

/** The parts of a request that a signature may cover. */
export interface SignedRequest {
  readonly headers: FlatHeaders;
  /** As sent, which SigV4 signs. */
  readonly asSent: Signable;
  /** With the key in place of the path, which OSS signs after the bucket's name. */
  readonly ofBucket: Signable;
  /** By lower-case name. */
  readonly headerOf: (name: string) => string | undefined;
  /** Decoded; that of the first of this name. */
  readonly parameterOf: (name: string) => string | undefined;
  /** With decoded names and raw values: most values need no decoding. */
  readonly parameters: readonly Parameter[];
}

/** Why a request is refused. */
export interface Denied {
  readonly code: StoreCode;
  /** In place of the store's own message. It contains no value of the signature. */
  readonly message: string | undefined;
  /** As in `StoreRefusal`. */
  readonly region?: string;
}

export const denied = (code: StoreCode, message?: string): Denied => ({ code, message });

export const isDenied = (value: object): value is Denied => 'code' in value;

const MAX_SHOWN = 64;
/** A name that the client invented, for a message. */
export const shown = (name: string): string => name.slice(0, MAX_SHOWN);

/** What a signed request claims, and how to check it. */
export interface Claim {
  readonly scheme: Scheme;
  readonly accessKeyId: string;
  readonly securityToken: string | undefined;
  readonly signature: string;
  /** When it was signed, in milliseconds since 1970; null where the request gives only the end of its validity. */
  readonly signedAt: number | null;
  /** The end of a signed URL's validity, in milliseconds since 1970; null: a signature in headers, valid for 15 minutes. */
  readonly validUntil: number | null;
  /** The store's refusal of a token that does not belong to the key. */
  readonly tokenRefusal: 'InvalidSecurityToken' | 'InvalidToken';
  /** The headers that the signature names, in lower case. */
  readonly named: readonly string[];
  /** Whether the signature covers a store's own header that it does not name. */
  readonly covers: (name: string) => boolean;
  /** As in `Verified`. */
  readonly payload: string | null;
  /** Computes the correct signature of this request from the key's secret. */
  readonly sign: (secret: string) => Promise<string>;
  /** What the correct signature signs, for a client that looks for its mistake. */
  readonly text: () => Promise<SignedText>;
  /** The signature by SDKs that sign the same request in another way; null if there are no such SDKs. */
  readonly signAlso: ((secret: string) => Promise<string>) | null;
  readonly chunksOf: (secret: string) => ChunkSigner | null;
}

export type ReadClaim = (
  request: SignedRequest,
  options: { readonly bucket: string; readonly region: string | null },
) => Claim | Denied;

/** Prepares a request for `ReadClaim`. */
export function signedRequest({ method, target, key, headers }: ClientRequest): SignedRequest {
  const map = headerMap(headers);
  const parameters = parametersOf(target).map(([name, value]) => [decode(name), value] as const);
  const { query } = cut(target);
  const ofBucket = query === undefined ? cut(key).path : `${cut(key).path}?${query}`;
  return {
    headers,
    asSent: { method, target, headers },
    ofBucket: { method, target: ofBucket, headers },
    headerOf: (name) => map.get(name),
    parameters,
    parameterOf: (wanted) => {
      const found = parameters.find(([name]) => name === wanted);
      return found && decode(found[1]);
    },
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

/** Every form has two or three. */
const MAX_PAIRS = 16;

/**
 * Reads the `name=value` pairs after the algorithm's name in an Authorization header; null if a name is repeated, or for
 * more than 16.
 */
export function readPairs(authorization: string): ReadonlyMap<string, string> | null {
  const pairs = authorization
    .slice(authorization.indexOf(' ') + 1)
    .split(',', MAX_PAIRS + 1)
    .map((pair) => {
      const text = pair.trim();
      const [name = ''] = text.split('=', 1);
      return [name, text.slice(name.length + 1)] as const;
    });
  const map = new Map(pairs);
  return map.size === pairs.length && map.size <= MAX_PAIRS ? map : null;
}

/** As many as a head may have lines. */
const MAX_NAMES = 100;

/** The names in a list such as `host;x-amz-date`, as the signature lists them; null for more than 100. */
export function namesIn(list = ''): readonly string[] | null {
  const names = list.split(';', MAX_NAMES + 1);
  return names.length > MAX_NAMES ? null : names.filter(Boolean);
}
