import type { FlatHeaders } from '../transport.ts';
import { bytesOf, hex, hmac, sha256, utf8 } from './bytes.ts';
import { without } from './canonical.ts';

/** The differences between OSS V4 and SigV4, besides the canonical request. */
export interface Chain {
  readonly algorithm: string;
  /** Stands before the secret. */
  readonly prefix: string;
  readonly service: string;
  readonly terminator: string;
  /** What the names of the store's own headers begin with, in lower case. */
  readonly headerPrefix: string;
}

/** Stands in place of the hash of a body that is not signed. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';

/** For what a V4 signature is good: one day, one region. */
export interface Scope {
  /** `20231216T162057Z`. */
  readonly date: string;
  readonly region: string;
}

/** `20231216/cn-hangzhou/oss/aliyun_v4_request` */
export const scopeText = ({ service, terminator }: Chain, { date, region }: Scope): string =>
  [date.slice(0, 8), region, service, terminator].join('/');

/** What travels in headers of the store's own. */
export interface Stamp {
  /** The SHA-256 of the body in hexadecimal, or the word that stands in its place. */
  readonly payload: string;
  /** As in the scope. */
  readonly date: string;
  readonly securityToken: string | undefined;
}

/** The headers to sign: with the stamp, and without what was signed or stamped before. */
export const stamped = (
  { headerPrefix }: Chain,
  headers: FlatHeaders,
  { payload, date, securityToken }: Stamp,
): string[] => {
  const hashName = `${headerPrefix}content-sha256`;
  const dateName = `${headerPrefix}date`;
  const tokenName = `${headerPrefix}security-token`;
  const kept = without(headers, ['authorization', hashName, dateName, tokenName]);
  const token = securityToken ? [tokenName, securityToken] : [];
  return [...kept, hashName, payload, dateName, date, ...token];
};

/** The signature of a canonical request, in lower-case hexadecimal. */
export const signChain = async (
  chain: Chain,
  secret: string,
  scope: Scope,
  canonicalRequest: string,
): Promise<string> => {
  const hash = await sha256(bytesOf(canonicalRequest));
  const text = [chain.algorithm, scope.date, scopeText(chain, scope), hash].join('\n');
  let key = utf8(chain.prefix + secret);
  for (const link of scopeText(chain, scope).split('/')) key = await hmac('SHA-256', key, utf8(link));
  return hex(await hmac('SHA-256', key, utf8(text)));
};
