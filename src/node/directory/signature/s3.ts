import { headerMap } from '../../../bucket/sign/canonical.ts';
import { UNSIGNED_PAYLOAD } from '../../../bucket/sign/chain.ts';
import { basicDate, parseDate } from '../../../bucket/sign/date.ts';
import { S3_V4, s3V4Signature } from '../../../bucket/sign/s3-v4.ts';
import { refusal } from '../refusal.ts';
import { type Claim, readCredential, readPairs, type SignedRequest, s3TokenRefusal } from './claim.ts';
import { readUrl, type UrlNames } from './url.ts';

/** Throws a refusal unless the signature covers the host and every `x-amz-` header, as S3 requires. */
function checkSignedHeaders(request: SignedRequest, signedHeaders: readonly string[]): void {
  const needed = [...headerMap(request.headers).keys()].filter((name) => name.startsWith('x-amz-'));
  const missing = ['host', ...needed].find((name) => !signedHeaders.includes(name));
  if (missing === undefined) return;
  const message = `There were headers present in the request which were not signed: ${missing}.`;
  throw refusal('AccessDenied', message);
}

/** `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` */
export function s3V4Header(request: SignedRequest): Claim {
  const pairs = readPairs(request.headerOf('authorization') ?? '');
  const credential = readCredential(pairs.get('Credential') ?? '', S3_V4);
  const signature = pairs.get('Signature');
  const signedHeaders = pairs.get('SignedHeaders')?.split(';');
  if (!credential || !signature || !signedHeaders) throw refusal('AuthorizationHeaderMalformed');
  const signedAt = parseDate(request.headerOf('x-amz-date') ?? request.headerOf('date') ?? '');
  if (signedAt === null) {
    throw refusal('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header.');
  }
  const scope = { date: basicDate(signedAt), region: credential.region };
  if (!scope.date.startsWith(credential.day)) throw refusal('AuthorizationHeaderMalformed');
  const payload = request.headerOf('x-amz-content-sha256');
  if (payload === undefined) throw refusal('InvalidRequest');
  checkSignedHeaders(request, signedHeaders);
  return {
    accessKeyId: credential.accessKeyId,
    securityToken: request.headerOf('x-amz-security-token'),
    signature,
    signedAt,
    validUntil: null,
    tokenRefusal: s3TokenRefusal,
    sign: (secret) => s3V4Signature(request, { secret, scope, signedHeaders, payload }),
  };
}

const URL_NAMES: UrlNames = {
  algorithm: 'X-Amz-Algorithm',
  credential: 'X-Amz-Credential',
  date: 'X-Amz-Date',
  expires: 'X-Amz-Expires',
  signature: 'X-Amz-Signature',
  securityToken: 'X-Amz-Security-Token',
};

/** `?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Date=…&X-Amz-Expires=…&X-Amz-SignedHeaders=…&X-Amz-Signature=…` */
export function s3V4Query(request: SignedRequest): Claim {
  const read = readUrl(request, S3_V4, URL_NAMES);
  const signedHeaders = request.parameterOf('X-Amz-SignedHeaders')?.split(';');
  if (read === null || !signedHeaders) throw refusal('AuthorizationQueryParametersError');
  const { scope, unsigned, ...claim } = read;
  const named = request.parameterOf('X-Amz-Content-Sha256') ?? UNSIGNED_PAYLOAD;
  if (named !== UNSIGNED_PAYLOAD) {
    const message = 'The directory bucket does not check a hash of the body that is in a URL.';
    throw refusal('NotImplemented', message);
  }
  checkSignedHeaders(request, signedHeaders);
  const payload = request.headerOf('x-amz-content-sha256') ?? UNSIGNED_PAYLOAD;
  return {
    ...claim,
    tokenRefusal: s3TokenRefusal,
    sign: (secret) => s3V4Signature(unsigned, { secret, scope, signedHeaders, payload }),
  };
}
