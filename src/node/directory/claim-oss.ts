import { basicDate, parseDate } from '../../bucket/sign/date.ts';
import { ossV1Signature } from '../../bucket/sign/oss-v1.ts';
import { OSS_V4, ossV4Signature } from '../../bucket/sign/oss-v4.ts';
import {
  type Claim,
  ossTokenRefusal,
  readCredential,
  readPairs,
  readValidity,
  type SignedRequest,
  withoutParameter,
} from './claim.ts';
import { refusal } from './refusal.ts';

const dateOf = (request: SignedRequest): string =>
  request.headerOf('x-oss-date') ?? request.headerOf('date') ?? '';

const timeOf = (date: string): number => {
  const time = parseDate(date);
  if (time === null) throw refusal('AccessDenied', 'OSS authentication requires a valid Date.');
  return time;
};

/** `Authorization: OSS AK:signature` */
export const ossV1Header = (request: SignedRequest, bucket: string): Claim => {
  const found = /^OSS ([^\s:]+):(\S+)$/.exec(request.headerOf('authorization') ?? '');
  if (!found) throw refusal('InvalidArgument');
  const [, accessKeyId = '', signature = ''] = found;
  const date = dateOf(request);
  return {
    accessKeyId,
    securityToken: request.headerOf('x-oss-security-token'),
    signature,
    signedAt: timeOf(date),
    validUntil: null,
    tokenRefusal: ossTokenRefusal,
    sign: (secret) => ossV1Signature(request, { bucket, secret, date }),
  };
};

/** `?OSSAccessKeyId=…&Expires=…&Signature=…` */
export const ossV1Query = (request: SignedRequest, bucket: string): Claim => {
  const accessKeyId = request.parameterOf('OSSAccessKeyId');
  const expires = request.parameterOf('Expires');
  const signature = request.parameterOf('Signature');
  if (!accessKeyId || !expires || !signature) {
    const message = 'A signed URL needs the parameters OSSAccessKeyId, Expires and Signature.';
    throw refusal('AccessDenied', message);
  }
  if (!/^\d{1,12}$/.test(expires)) {
    throw refusal('AccessDenied', 'Invalid date (should be seconds since epoch).');
  }
  return {
    accessKeyId,
    securityToken: request.parameterOf('security-token') ?? request.headerOf('x-oss-security-token'),
    signature,
    signedAt: null,
    validUntil: Number(expires) * 1000,
    tokenRefusal: ossTokenRefusal,
    sign: (secret) => ossV1Signature(request, { bucket, secret, date: expires }),
  };
};

const namesIn = (list: string | undefined): string[] => list?.toLowerCase().split(';').filter(Boolean) ?? [];

/** `Authorization: OSS4-HMAC-SHA256 Credential=…,[AdditionalHeaders=…,]Signature=…` */
export const ossV4Header = (request: SignedRequest, bucket: string): Claim => {
  const pairs = readPairs(request.headerOf('authorization') ?? '');
  const credential = readCredential(pairs.get('Credential') ?? '', OSS_V4);
  const signature = pairs.get('Signature');
  if (!credential || !signature) throw refusal('InvalidArgument');
  const payload = request.headerOf('x-oss-content-sha256');
  if (payload !== 'UNSIGNED-PAYLOAD') {
    throw refusal('InvalidArgument', 'The header x-oss-content-sha256 must be UNSIGNED-PAYLOAD.');
  }
  const signedAt = timeOf(dateOf(request));
  const date = basicDate(signedAt);
  const scope = { date, region: credential.region };
  if (!date.startsWith(credential.day)) throw refusal('InvalidArgument');
  const additionalHeaders = namesIn(pairs.get('AdditionalHeaders'));
  return {
    accessKeyId: credential.accessKeyId,
    securityToken: request.headerOf('x-oss-security-token'),
    signature,
    signedAt,
    validUntil: null,
    tokenRefusal: ossTokenRefusal,
    sign: (secret) => ossV4Signature(request, { bucket, secret, scope, additionalHeaders }),
  };
};

/** `?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=…&x-oss-date=…&x-oss-expires=…&x-oss-signature=…` */
export const ossV4Query = (request: SignedRequest, bucket: string): Claim => {
  const malformed = () => refusal('InvalidArgument', 'The query parameters of the V4 signature are invalid.');
  const credential = readCredential(request.parameterOf('x-oss-credential') ?? '', OSS_V4);
  const signature = request.parameterOf('x-oss-signature');
  const date = request.parameterOf('x-oss-date') ?? '';
  const signedAt = parseDate(date);
  const validity = readValidity(request.parameterOf('x-oss-expires'));
  if (request.parameterOf('x-oss-signature-version') !== OSS_V4.algorithm) throw malformed();
  if (!credential || !signature || signedAt === null || validity === null) throw malformed();
  if (date !== basicDate(signedAt) || !date.startsWith(credential.day)) throw malformed();
  const scope = { date, region: credential.region };
  const additionalHeaders = namesIn(request.parameterOf('x-oss-additional-headers'));
  const unsigned = withoutParameter(request, 'x-oss-signature');
  return {
    accessKeyId: credential.accessKeyId,
    securityToken: request.parameterOf('x-oss-security-token') ?? request.headerOf('x-oss-security-token'),
    signature,
    signedAt,
    validUntil: signedAt + validity,
    tokenRefusal: ossTokenRefusal,
    sign: (secret) => ossV4Signature(unsigned, { bucket, secret, scope, additionalHeaders }),
  };
};
