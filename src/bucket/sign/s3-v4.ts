import type { BucketRequest, Sign } from '../transport.ts';
import { sha256 } from './bytes.ts';
import { cut, headerMap, normalParameters, normalPath, type Signable } from './canonical.ts';
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

export const S3_V4: Chain = {
  algorithm: 'AWS4-HMAC-SHA256',
  prefix: 'AWS4',
  service: 's3',
  terminator: 'aws4_request',
  headerPrefix: 'x-amz-',
};

export interface S3V4Input {
  readonly secret: string;
  readonly scope: Scope;
  /** Lower-case names, sorted. */
  readonly signedHeaders: readonly string[];
  /** The SHA-256 of the body in hexadecimal, or `UNSIGNED_PAYLOAD`. */
  readonly payload: string;
}

/** The SHA-256 of no bytes. */
export const NO_BODY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** S3 signs the path as sent, encoded once, with a path-style prefix. */
const canonicalRequest = (
  { method, target, headers }: Signable,
  input: Omit<S3V4Input, 'secret'>,
): string => {
  const map = headerMap(headers);
  const lines = input.signedHeaders.map(
    (name) => `${name}:${(map.get(name) ?? '').replace(/[ \t]+/g, ' ')}\n`,
  );
  const query = normalParameters(target).map(([name, value]) => `${name}=${value}`);
  return [
    method,
    normalPath(cut(target).path),
    query.join('&'),
    lines.join(''),
    input.signedHeaders.join(';'),
    input.payload,
  ].join('\n');
};

/** Returns the signature of AWS's version 4 in S3's variant (semantics.md §7), in hexadecimal. */
export const s3V4Signature = (request: Signable, input: S3V4Input): Promise<string> =>
  signChain(S3_V4, input.secret, input.scope, canonicalRequest(request, input));

/** Returns what `s3V4Signature` signs. */
export const s3V4Text = (request: Signable, input: Omit<S3V4Input, 'secret'>): Promise<SignedText> =>
  chainText(S3_V4, input.scope, canonicalRequest(request, input));

/** Some servers read `_` as `-`, so a client's header in such a spelling is signed too. */
const isSigned = (name: string): boolean =>
  ['host', 'content-type', 'content-md5', 'range'].includes(name) || /^x[-_]amz[-_]/.test(name);

/** A body of bytes is signed with its hash; that of a stream is not known before it is sent. */
async function payloadOf({ method, body }: BucketRequest): Promise<string> {
  if (body === null || method === 'GET' || method === 'HEAD') return NO_BODY;
  return body instanceof Uint8Array ? sha256(new Uint8Array(body)) : UNSIGNED_PAYLOAD;
}

/**
 * Signs with SigV4, which covers the Host header and the path as sent.
 * @throws an Error when there are no credentials
 */
export const signS3V4 =
  ({ bucket, region, credentials, wallClock = Date.now, payload: given }: SigningOptions): Sign =>
  async (request) => {
    const { accessKeyId, accessKeySecret, securityToken } = await needCredentials(credentials, 's3', bucket);
    const scope = { date: basicDate(wallClock()), region };
    const payload = given ?? (await payloadOf(request));
    const headers = stamped(S3_V4, request.headers, { payload, date: scope.date, securityToken });
    const signedHeaders = [...headerMap(headers).keys()].filter(isSigned).sort();
    const input = { secret: accessKeySecret, scope, signedHeaders, payload };
    const signature = await s3V4Signature({ ...request, headers }, input);
    const authorization = [
      `${S3_V4.algorithm} Credential=${accessKeyId}/${scopeText(S3_V4, scope)}`,
      `SignedHeaders=${signedHeaders.join(';')}`,
      `Signature=${signature}`,
    ].join(', ');
    return { ...request, headers: [...headers, 'Authorization', authorization] };
  };
