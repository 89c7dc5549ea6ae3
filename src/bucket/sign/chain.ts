import type { FlatHeaders } from '../transport.ts';
import { bytesOf, type HmacKey, hex, hmac, hmacBy, hmacKey, sha256, utf8 } from './bytes.ts';
import { without } from './canonical.ts';

/** The differences between OSS V4 and SigV4, besides the canonical request. */
export interface Chain {
  readonly algorithm: string;
  /** Put before the secret in the first key. */
  readonly prefix: string;
  readonly service: string;
  readonly terminator: string;
  /** The prefix of the store's own headers, in lower case. */
  readonly headerPrefix: string;
}

/** Replaces the hash of a body that is not signed. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** The day and region for which a V4 signature is valid. */
export interface Scope {
  /** `20231216T162057Z`. */
  readonly date: string;
  readonly region: string;
  /** The date as the request writes it; `date` unless given. */
  readonly written?: string;
}

/** `20231216/cn-hangzhou/oss/aliyun_v4_request` */
export const scopeText = ({ service, terminator }: Chain, { date, region }: Scope): string =>
  [date.slice(0, 8), region, service, terminator].join('/');

/** The values of the store's own headers that a signer sets. */
export interface Stamp {
  /** The SHA-256 of the body in hexadecimal, or `UNSIGNED_PAYLOAD`. */
  readonly payload: string;
  /** As in the scope. */
  readonly date: string;
  readonly securityToken: string | undefined;
}

/** Returns the headers to sign: adds the stamp, and removes an earlier signature and stamp. */
export const stamped = (
  { headerPrefix }: Chain,
  headers: FlatHeaders,
  { payload, date, securityToken }: Stamp,
): string[] => {
  const hashName = `${headerPrefix}content-sha256`;
  const dateName = `${headerPrefix}date`;
  const tokenName = `${headerPrefix}security-token`;
  const others = without(headers, ['authorization', hashName, dateName, tokenName]);
  const token = securityToken ? [tokenName, securityToken] : [];
  return [...others, hashName, payload, dateName, date, ...token];
};

/** More days, regions and secrets than one edge signs with at a time. */
const MAX_KEYS = 64;

/**
 * A key is derived in four steps, which cost more than all else in a signature (bench/README.md). Contains keys, not their
 * promises: on Workers a request would wait forever for one that another request began and left.
 */
const keys = new Map<string, HmacKey>();

/** Returns the key that signs for a day and a region, derived from the secret. */
export async function signingKey(chain: Chain, secret: string, scope: Scope): Promise<HmacKey> {
  const links = scopeText(chain, scope).split('/');
  const name = [chain.prefix, ...links, secret].join('/');
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = await derive(chain.prefix + secret, links);
  if (keys.size >= MAX_KEYS) keys.clear();
  keys.set(name, key);
  return key;
}

async function derive(secret: string, links: readonly string[]): Promise<HmacKey> {
  let key = utf8(secret);
  for (const link of links) key = await hmac('SHA-256', key, utf8(link));
  return hmacKey('SHA-256', key);
}

/** What a signature signs, for comparison with what a client signed. */
export interface SignedText {
  readonly stringToSign: string;
  /** Null: the string to sign contains the request itself. */
  readonly canonicalRequest: string | null;
}

/** Returns what a signature of a canonical request signs. */
export async function chainText(chain: Chain, scope: Scope, canonicalRequest: string): Promise<SignedText> {
  const hash = await sha256(bytesOf(canonicalRequest));
  const lines = [chain.algorithm, scope.written ?? scope.date, scopeText(chain, scope), hash];
  return { stringToSign: lines.join('\n'), canonicalRequest };
}

/** Returns the signature of a text, in lower-case hexadecimal. */
export const signText = async (chain: Chain, secret: string, scope: Scope, text: string): Promise<string> =>
  hex(await hmacBy(await signingKey(chain, secret, scope), utf8(text)));

/** Returns the signature of a canonical request, in lower-case hexadecimal. */
export const signChain = async (
  chain: Chain,
  secret: string,
  scope: Scope,
  canonicalRequest: string,
): Promise<string> =>
  signText(chain, secret, scope, (await chainText(chain, scope, canonicalRequest)).stringToSign);
