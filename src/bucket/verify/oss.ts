import { headerMap, type Signable } from '../sign/canonical.ts';
import { UNSIGNED_PAYLOAD } from '../sign/chain.ts';
import { basicDate, parseDate } from '../sign/date.ts';
import { ossV1Signature, ossV1Text } from '../sign/oss-v1.ts';
import { OSS_V4, type OssV4Input, ossV4Signature, ossV4Text } from '../sign/oss-v4.ts';
import type { FlatHeaders } from '../transport.ts';
import {
  type Claim,
  type Denied,
  denied,
  namesIn,
  type ReadClaim,
  readCredential,
  readPairs,
  type SignedRequest,
} from './claim.ts';
import { OSS_V4_NAMES } from './names.ts';
import { readUrl, withoutParameter } from './url.ts';

const DATE_MISSING = denied('AccessDenied', 'OSS authentication requires a valid Date.');
const PAYLOAD_SIGNED = denied(
  'InvalidArgument',
  `The header x-oss-content-sha256 must be ${UNSIGNED_PAYLOAD}.`,
);
const QUERY_MALFORMED = denied(
  'InvalidArgument',
  'The query parameters of the V4 signature are invalid, or the URL is valid for more than 7 days.',
);

const NAMES_MANY = denied('InvalidArgument', 'The signature names more headers than a request may have.');

const dateOf = (request: SignedRequest): string =>
  request.headerOf('x-oss-date') ?? request.headerOf('date') ?? '';

const ofOwnPrefix = (name: string): boolean => name.startsWith('x-oss-');

const COMMON = {
  tokenRefusal: 'InvalidSecurityToken',
  covers: ofOwnPrefix,
  chunksOf: () => null,
} as const;

const COMMON_V1 = { ...COMMON, scheme: 'oss-v1', named: [], payload: null, signAlso: null } as const;

/** `Authorization: OSS AK:signature` */
export const ossV1Header: ReadClaim = (request, { bucket }) => {
  const found = /^OSS ([^\s:]+):(\S+)$/.exec(request.headerOf('authorization') ?? '');
  if (!found) return denied('InvalidArgument');
  const [, accessKeyId = '', signature = ''] = found;
  const date = dateOf(request);
  const signedAt = parseDate(date);
  if (signedAt === null) return DATE_MISSING;
  return {
    ...COMMON_V1,
    accessKeyId,
    securityToken: request.headerOf('x-oss-security-token'),
    signature,
    signedAt,
    validUntil: null,
    sign: (secret) => ossV1Signature(request.ofBucket, { bucket, secret, date }),
    text: async () => ({
      stringToSign: ossV1Text(request.ofBucket, { bucket, date }),
      canonicalRequest: null,
    }),
  };
};

/** `?OSSAccessKeyId=…&Expires=…&Signature=…`. OSS has no upper limit for Expires. */
export const ossV1Query: ReadClaim = (request, { bucket }) => {
  const accessKeyId = request.parameterOf('OSSAccessKeyId');
  const expires = request.parameterOf('Expires');
  const signature = request.parameterOf('Signature');
  if (!accessKeyId || !expires || !signature) {
    const message = 'A signed URL needs the parameters OSSAccessKeyId, Expires and Signature.';
    return denied('AccessDenied', message);
  }
  if (!/^\d{1,12}$/.test(expires)) {
    return denied('AccessDenied', 'Invalid date (should be seconds since epoch).');
  }
  return {
    ...COMMON_V1,
    accessKeyId,
    securityToken: request.parameterOf('security-token') ?? request.headerOf('x-oss-security-token'),
    signature,
    signedAt: null,
    validUntil: Number(expires) * 1000,
    sign: (secret) => ossV1Signature(request.ofBucket, { bucket, secret, date: expires }),
    text: async () => ({
      stringToSign: ossV1Text(request.ofBucket, { bucket, date: expires }),
      canonicalRequest: null,
    }),
  };
};

const COMMON_V4 = { ...COMMON, scheme: 'oss-v4', payload: UNSIGNED_PAYLOAD } as const;

/**
 * The SDK for .NET signs an empty Content-Type, which .NET Core does not send. It means the same as no Content-Type.
 * https://github.com/aliyun/aliyun-oss-csharp-sdk/blob/master/sdk/Commands/OssCommand.cs
 */
function signV4(
  request: Signable,
  input: Omit<OssV4Input, 'secret'>,
): Pick<Claim, 'sign' | 'signAlso' | 'text'> {
  const sign = (headers: FlatHeaders) => (secret: string) =>
    ossV4Signature({ ...request, headers }, { ...input, secret });
  const { headers } = request;
  const hasType = headerMap(headers).has('content-type');
  return {
    sign: sign(headers),
    signAlso: hasType ? null : sign([...headers, 'content-type', '']),
    text: () => ossV4Text(request, input),
  };
}

const otherRegion = (region: string): Denied =>
  denied('InvalidArgument', `The region of the signature is wrong; expecting '${region}'.`);

/** `Authorization: OSS4-HMAC-SHA256 Credential=…,[AdditionalHeaders=…,]Signature=…` */
export const ossV4Header: ReadClaim = (request, { bucket, region }) => {
  const pairs = readPairs(request.headerOf('authorization') ?? '');
  const credential = readCredential(pairs?.get('Credential') ?? '', OSS_V4);
  const signature = pairs?.get('Signature');
  if (!credential || !signature) return denied('InvalidArgument');
  if (request.headerOf('x-oss-content-sha256') !== UNSIGNED_PAYLOAD) return PAYLOAD_SIGNED;
  if (region !== null && credential.region !== region) return otherRegion(region);
  const written = dateOf(request);
  const signedAt = parseDate(written);
  if (signedAt === null) return DATE_MISSING;
  const date = basicDate(signedAt);
  const scope = { date, region: credential.region, written };
  if (!date.startsWith(credential.day)) return denied('InvalidArgument');
  const additionalHeaders = namesIn(pairs?.get('AdditionalHeaders')?.toLowerCase());
  if (additionalHeaders === null) return NAMES_MANY;
  return {
    ...COMMON_V4,
    accessKeyId: credential.accessKeyId,
    securityToken: request.headerOf('x-oss-security-token'),
    signature,
    signedAt,
    validUntil: null,
    named: additionalHeaders,
    ...signV4(request.ofBucket, { bucket, scope, additionalHeaders }),
  } satisfies Claim;
};

/** `?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=…&x-oss-date=…&x-oss-expires=…&x-oss-signature=…` */
export const ossV4Query: ReadClaim = (request, { bucket, region }) => {
  const read = readUrl(request, OSS_V4, OSS_V4_NAMES);
  if (read === null) return QUERY_MALFORMED;
  const { scope, ...claim } = read;
  if (region !== null && scope.region !== region) return otherRegion(region);
  if ((request.headerOf('x-oss-content-sha256') ?? UNSIGNED_PAYLOAD) !== UNSIGNED_PAYLOAD)
    return PAYLOAD_SIGNED;
  const additionalHeaders = namesIn(request.parameterOf(OSS_V4_NAMES.headers)?.toLowerCase());
  if (additionalHeaders === null) return NAMES_MANY;
  const unsigned = withoutParameter(request.ofBucket, OSS_V4_NAMES.signature);
  return {
    ...COMMON_V4,
    ...claim,
    named: additionalHeaders,
    ...signV4(unsigned, { bucket, scope, additionalHeaders }),
  };
};
