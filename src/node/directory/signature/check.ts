// A test double for users of the library, who test signed uploads and downloads without a real bucket. `bucket-cors serve`
// and `demo` open directory buckets without keys, so no command line reaches this folder.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Credentials } from '../../../bucket/sign/credentials.ts';
import { refusal } from '../refusal.ts';
import { type Claim, type SignedRequest, signedRequest } from './claim.ts';
import { ossV1Header, ossV1Query, ossV4Header, ossV4Query } from './oss.ts';
import { s3V4Header, s3V4Query } from './s3.ts';

/** The keys that signatures are checked against. */
export interface Keys {
  /** The bucket's name, which OSS signatures cover. */
  readonly bucket: string;
  readonly credentials: readonly Credentials[];
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

type ReadClaim = (request: SignedRequest, bucket: string) => Claim;

const SKEW_MS = 15 * 60 * 1000;

const HEADER_FORMS: readonly (readonly [start: string, read: ReadClaim])[] = [
  ['OSS ', ossV1Header],
  ['OSS4-HMAC-SHA256 ', ossV4Header],
  ['AWS4-HMAC-SHA256 ', s3V4Header],
];

/** By the parameters that only this form of a signed URL has. */
const QUERY_FORMS: readonly (readonly [parameters: readonly string[], read: ReadClaim])[] = [
  [['x-oss-signature', 'x-oss-signature-version'], ossV4Query],
  [['X-Amz-Algorithm', 'X-Amz-Signature'], s3V4Query],
  [['OSSAccessKeyId', 'Signature'], ossV1Query],
];

function readClaim(request: SignedRequest, bucket: string): Claim {
  const authorization = request.headerOf('authorization');
  const inQuery = QUERY_FORMS.find(([names]) =>
    names.some((name) => request.parameterOf(name) !== undefined),
  );
  if (authorization === undefined) {
    if (!inQuery) throw refusal('AccessDenied', 'Anonymous access is forbidden for this operation.');
    return inQuery[1](request, bucket);
  }
  if (inQuery) {
    const message = 'Only one auth mechanism allowed: sign the URL or the headers, not both.';
    throw refusal('InvalidArgument', message);
  }
  const inHeader = HEADER_FORMS.find(([start]) => authorization.startsWith(start));
  if (!inHeader) throw refusal('InvalidArgument', 'Unsupported Authorization Type.');
  return inHeader[1](request, bucket);
}

function equal(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A temporary key is valid only together with its token. */
function checkToken({ securityToken }: Credentials, claim: Claim): void {
  if (securityToken === undefined && claim.securityToken === undefined) return;
  if (securityToken === undefined || claim.securityToken === undefined) throw refusal('InvalidAccessKeyId');
  if (!equal(securityToken, claim.securityToken)) throw claim.tokenRefusal();
}

function checkTime({ signedAt, validUntil }: Claim, now: number): void {
  if (validUntil === null) {
    if (signedAt === null || Math.abs(now - signedAt) > SKEW_MS) throw refusal('RequestTimeTooSkewed');
    return;
  }
  if (now > validUntil) throw refusal('AccessDenied', 'Request has expired.');
  if (signedAt !== null && signedAt - now > SKEW_MS) {
    throw refusal('AccessDenied', 'Request is not valid yet.');
  }
}

/**
 * Checks that a request is signed with one of the keys: in its headers or its URL, by OSS V1, OSS V4 or SigV4. Throws a
 * refusal with the store's own code if it is not.
 */
export async function checkSignature(
  { method = '', url = '', rawHeaders }: IncomingMessage,
  { bucket, credentials, wallClock }: Keys,
): Promise<void> {
  const claim = readClaim(signedRequest(method, url, rawHeaders), bucket);
  const key = credentials.find(({ accessKeyId }) => accessKeyId === claim.accessKeyId);
  if (!key) throw refusal('InvalidAccessKeyId');
  checkToken(key, claim);
  checkTime(claim, wallClock());
  if (!equal(await claim.sign(key.accessKeySecret), claim.signature)) throw refusal('SignatureDoesNotMatch');
}
