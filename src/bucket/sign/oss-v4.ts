import type { Sign } from '../transport.ts';
import { byName, cut, headerMap, normalParameters, normalPath, type Signable } from './canonical.ts';
import {
  type Chain,
  chainText,
  type Scope,
  type SignedText,
  scopeText,
  signChain,
  stamped,
  UNSIGNED_PAYLOAD,
} from './chain.ts';
import { needCredentials, type SigningOptions } from './credentials.ts';
import { basicDate } from './date.ts';

export const OSS_V4: Chain = {
  algorithm: 'OSS4-HMAC-SHA256',
  prefix: 'aliyun_v4',
  service: 'oss',
  terminator: 'aliyun_v4_request',
  headerPrefix: 'x-oss-',
};

export interface OssV4Input {
  readonly bucket: string;
  readonly secret: string;
  readonly scope: Scope;
  /** Lower-case names of headers that are signed besides the required ones. */
  readonly additionalHeaders: readonly string[];
}

const isSigned = (name: string): boolean =>
  name.startsWith('x-oss-') || name === 'content-type' || name === 'content-md5';

const canonicalRequest = (
  { method, target, headers }: Signable,
  bucket: string,
  additionalHeaders: readonly string[],
): string => {
  const map = headerMap(headers);
  const additional = new Set(additionalHeaders);
  const signed = [...map]
    .filter(([name]) => isSigned(name) || additional.has(name))
    .sort(byName)
    .map(([name, value]) => `${name}:${value}\n`);
  const query = normalParameters(target).map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return [
    method,
    `/${bucket}${normalPath(cut(target).path)}`,
    query.join('&'),
    signed.join(''),
    [...additionalHeaders].sort().join(';'),
    map.get('x-oss-content-sha256') ?? UNSIGNED_PAYLOAD,
  ].join('\n');
};

/** Returns the signature of OSS's version 4 (semantics.md §7), in hexadecimal. */
export const ossV4Signature = (request: Signable, input: OssV4Input): Promise<string> => {
  const { bucket, secret, scope, additionalHeaders } = input;
  return signChain(OSS_V4, secret, scope, canonicalRequest(request, bucket, additionalHeaders));
};

/** Returns what `ossV4Signature` signs. */
export const ossV4Text = (request: Signable, input: Omit<OssV4Input, 'secret'>): Promise<SignedText> =>
  chainText(OSS_V4, input.scope, canonicalRequest(request, input.bucket, input.additionalHeaders));

/**
 * Signs with OSS's version 4. The target's path must be the object's key, for every host; the host is not signed.
 * @throws an Error when there are no credentials
 */
export const signOssV4 =
  ({ bucket, region, credentials, wallClock = Date.now }: SigningOptions): Sign =>
  async (request) => {
    const { accessKeyId, accessKeySecret, securityToken } = await needCredentials(credentials, 'oss', bucket);
    const scope = { date: basicDate(wallClock()), region };
    const stamp = { payload: UNSIGNED_PAYLOAD, date: scope.date, securityToken };
    const headers = stamped(OSS_V4, request.headers, stamp);
    const input = { bucket, secret: accessKeySecret, scope, additionalHeaders: [] };
    const signature = await ossV4Signature({ ...request, headers }, input);
    const credential = `Credential=${accessKeyId}/${scopeText(OSS_V4, scope)}`;
    const authorization = `${OSS_V4.algorithm} ${credential},Signature=${signature}`;
    return { ...request, headers: [...headers, 'Authorization', authorization] };
  };
