import { headerMap } from '../../bucket/sign/canonical.ts';
import { basicDate, parseDate } from '../../bucket/sign/date.ts';
import { S3_V4, s3V4Signature } from '../../bucket/sign/s3-v4.ts';
import {
  type Claim,
  readCredential,
  readPairs,
  readValidity,
  type SignedRequest,
  s3TokenRefusal,
  withoutParameter,
} from './claim.ts';
import { refusal } from './refusal.ts';

const UNSIGNED = 'UNSIGNED-PAYLOAD';

/** S3 takes no signature that leaves out the host or one of its own headers. */
const checkSignedHeaders = (request: SignedRequest, signedHeaders: readonly string[]): void => {
  const needed = [...headerMap(request.headers).keys()].filter((name) => name.startsWith('x-amz-'));
  const missing = ['host', ...needed].find((name) => !signedHeaders.includes(name));
  if (missing === undefined) return;
  const message = `There were headers present in the request which were not signed: ${missing}.`;
  throw refusal('AccessDenied', message);
};

/** `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` */
export const s3V4Header = (request: SignedRequest): Claim => {
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
};

/** `?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Date=…&X-Amz-Expires=…&X-Amz-SignedHeaders=…&X-Amz-Signature=…` */
export const s3V4Query = (request: SignedRequest): Claim => {
  const malformed = () => refusal('AuthorizationQueryParametersError');
  const credential = readCredential(request.parameterOf('X-Amz-Credential') ?? '', S3_V4);
  const signature = request.parameterOf('X-Amz-Signature');
  const signedHeaders = request.parameterOf('X-Amz-SignedHeaders')?.split(';');
  const date = request.parameterOf('X-Amz-Date') ?? '';
  const signedAt = parseDate(date);
  const validity = readValidity(request.parameterOf('X-Amz-Expires'));
  if (request.parameterOf('X-Amz-Algorithm') !== S3_V4.algorithm) throw malformed();
  if (!credential || !signature || !signedHeaders || signedAt === null || validity === null)
    throw malformed();
  if (date !== basicDate(signedAt) || !date.startsWith(credential.day)) throw malformed();
  const named = request.parameterOf('X-Amz-Content-Sha256') ?? UNSIGNED;
  if (named !== UNSIGNED) {
    const message = 'The directory bucket does not check a hash of the body that stands in a URL.';
    throw refusal('NotImplemented', message);
  }
  checkSignedHeaders(request, signedHeaders);
  const payload = request.headerOf('x-amz-content-sha256') ?? UNSIGNED;
  const scope = { date, region: credential.region };
  const unsigned = withoutParameter(request, 'X-Amz-Signature');
  return {
    accessKeyId: credential.accessKeyId,
    securityToken: request.parameterOf('X-Amz-Security-Token') ?? request.headerOf('x-amz-security-token'),
    signature,
    signedAt,
    validUntil: signedAt + validity,
    tokenRefusal: s3TokenRefusal,
    sign: (secret) => s3V4Signature(unsigned, { secret, scope, signedHeaders, payload }),
  };
};
