import { UNSIGNED_PAYLOAD } from '../../../bucket/sign/chain.ts';
import { basicDate, parseDate } from '../../../bucket/sign/date.ts';
import { ossV1Signature } from '../../../bucket/sign/oss-v1.ts';
import { OSS_V4, ossV4Signature } from '../../../bucket/sign/oss-v4.ts';
import { refusal } from '../refusal.ts';
import { type Claim, ossTokenRefusal, readCredential, readPairs, type SignedRequest } from './claim.ts';
import { readUrl, type UrlNames } from './url.ts';

const dateOf = (request: SignedRequest): string =>
  request.headerOf('x-oss-date') ?? request.headerOf('date') ?? '';

function timeOf(date: string): number {
  const time = parseDate(date);
  if (time === null) throw refusal('AccessDenied', 'OSS authentication requires a valid Date.');
  return time;
}

/** `Authorization: OSS AK:signature` */
export function ossV1Header(request: SignedRequest, bucket: string): Claim {
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
}

/** `?OSSAccessKeyId=…&Expires=…&Signature=…` */
export function ossV1Query(request: SignedRequest, bucket: string): Claim {
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
}

const namesIn = (list: string | undefined): string[] => list?.toLowerCase().split(';').filter(Boolean) ?? [];

/** `Authorization: OSS4-HMAC-SHA256 Credential=…,[AdditionalHeaders=…,]Signature=…` */
export function ossV4Header(request: SignedRequest, bucket: string): Claim {
  const pairs = readPairs(request.headerOf('authorization') ?? '');
  const credential = readCredential(pairs.get('Credential') ?? '', OSS_V4);
  const signature = pairs.get('Signature');
  if (!credential || !signature) throw refusal('InvalidArgument');
  const payload = request.headerOf('x-oss-content-sha256');
  if (payload !== UNSIGNED_PAYLOAD) {
    throw refusal('InvalidArgument', `The header x-oss-content-sha256 must be ${UNSIGNED_PAYLOAD}.`);
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
}

const URL_NAMES: UrlNames = {
  algorithm: 'x-oss-signature-version',
  credential: 'x-oss-credential',
  date: 'x-oss-date',
  expires: 'x-oss-expires',
  signature: 'x-oss-signature',
  securityToken: 'x-oss-security-token',
};

/** `?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=…&x-oss-date=…&x-oss-expires=…&x-oss-signature=…` */
export function ossV4Query(request: SignedRequest, bucket: string): Claim {
  const read = readUrl(request, OSS_V4, URL_NAMES);
  if (read === null) {
    throw refusal('InvalidArgument', 'The query parameters of the V4 signature are invalid.');
  }
  const { scope, unsigned, ...claim } = read;
  const additionalHeaders = namesIn(request.parameterOf('x-oss-additional-headers'));
  return {
    ...claim,
    tokenRefusal: ossTokenRefusal,
    sign: (secret) => ossV4Signature(unsigned, { bucket, secret, scope, additionalHeaders }),
  };
}
