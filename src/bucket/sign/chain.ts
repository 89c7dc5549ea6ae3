import { bytesOf, hex, hmac, sha256, utf8 } from './bytes.ts';

/** What tells OSS V4 and SigV4 apart once the canonical request is made. */
export interface Chain {
  readonly algorithm: string;
  /** Stands before the secret. */
  readonly prefix: string;
  readonly service: string;
  readonly terminator: string;
}

/** For what a V4 signature is good: one day, one region. */
export interface Scope {
  /** `20231216T162057Z`. */
  readonly date: string;
  readonly region: string;
}

/** `20231216/cn-hangzhou/oss/aliyun_v4_request` */
export const scopeText = ({ service, terminator }: Chain, { date, region }: Scope): string =>
  [date.slice(0, 8), region, service, terminator].join('/');

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
