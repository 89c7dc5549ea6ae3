import type { StoreCode } from '../refusals.ts';
import { UNSIGNED_PAYLOAD } from '../sign/chain.ts';
import { basicDate, parseDate } from '../sign/date.ts';
import { S3_V4, s3V4Signature, s3V4Text } from '../sign/s3-v4.ts';
import { chunkSigner } from './chunk-signer.ts';
import { type Denied, denied, namesIn, type ReadClaim, readCredential, readPairs } from './claim.ts';
import { S3_V4_NAMES, S3_V4_PAYLOAD } from './names.ts';
import { isHash, SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER, UNSIGNED_CHUNKS } from './payload.ts';
import { readUrl, withoutParameter } from './url.ts';

const PAYLOADS: readonly string[] = [UNSIGNED_PAYLOAD, UNSIGNED_CHUNKS, SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER];

/** Why this x-amz-content-sha256 is refused; null if it is valid. */
function payloadFault(payload: string): Denied | null {
  if (isHash(payload) || PAYLOADS.includes(payload)) return null;
  if (/^STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD(-TRAILER)?$/.test(payload))
    return denied('NotImplemented', `x-amz-content-sha256 ${payload} (SigV4A) is not implemented.`);
  const message = `x-amz-content-sha256 must be ${UNSIGNED_PAYLOAD}, STREAMING-…, or a SHA-256 in lower-case hexadecimal.`;
  return denied('InvalidArgument', message);
}

const HOST_UNSIGNED = denied(
  'AccessDenied',
  'There were headers present in the request which were not signed: host.',
);

const COMMON = {
  scheme: 's3-v4',
  tokenRefusal: 'InvalidToken',
  covers: () => false,
  signAlso: null,
} as const;
const isChunksSigned = (payload: string): boolean =>
  payload === SIGNED_CHUNKS || payload === SIGNED_CHUNKS_TRAILER;

const wrongRegion = (code: StoreCode, region: string): Denied => ({
  code,
  message: `The authorization header is malformed; the region is wrong; expecting '${region}'`,
  region,
});

/** `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` */
export const s3V4Header: ReadClaim = (request, { region }) => {
  const pairs = readPairs(request.headerOf('authorization') ?? '');
  const credential = readCredential(pairs?.get('Credential') ?? '', S3_V4);
  const signature = pairs?.get('Signature');
  const signedHeaders = namesIn(pairs?.get('SignedHeaders'));
  if (!credential || !signature || !signedHeaders?.length) return denied('AuthorizationHeaderMalformed');
  if (!signedHeaders.includes('host')) return HOST_UNSIGNED;
  if (region !== null && credential.region !== region)
    return wrongRegion('AuthorizationHeaderMalformed', region);
  const signedAt = parseDate(request.headerOf('x-amz-date') ?? request.headerOf('date') ?? '');
  if (signedAt === null)
    return denied('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header.');
  const scope = { date: basicDate(signedAt), region: credential.region };
  if (!scope.date.startsWith(credential.day)) return denied('AuthorizationHeaderMalformed');
  const payload = request.headerOf('x-amz-content-sha256');
  if (payload === undefined) return denied('InvalidRequest');
  return (
    payloadFault(payload) ?? {
      ...COMMON,
      accessKeyId: credential.accessKeyId,
      securityToken: request.headerOf('x-amz-security-token'),
      signature,
      signedAt,
      validUntil: null,
      named: signedHeaders,
      payload,
      sign: (secret) => s3V4Signature(request.asSent, { secret, scope, signedHeaders, payload }),
      text: () => s3V4Text(request.asSent, { scope, signedHeaders, payload }),
      chunksOf: (secret) => (isChunksSigned(payload) ? chunkSigner(secret, scope, signature) : null),
    }
  );
};

/** `?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Date=…&X-Amz-Expires=…&X-Amz-SignedHeaders=…&X-Amz-Signature=…` */
export const s3V4Query: ReadClaim = (request, { region }) => {
  const read = readUrl(request, S3_V4, S3_V4_NAMES);
  const signedHeaders = namesIn(request.parameterOf(S3_V4_NAMES.headers));
  if (read === null || !signedHeaders?.length) return denied('AuthorizationQueryParametersError');
  if (!signedHeaders.includes('host')) return HOST_UNSIGNED;
  const { scope, ...claim } = read;
  if (region !== null && scope.region !== region)
    return wrongRegion('AuthorizationQueryParametersError', region);
  if ((request.parameterOf(S3_V4_PAYLOAD) ?? UNSIGNED_PAYLOAD) !== UNSIGNED_PAYLOAD)
    return denied('NotImplemented', 'A hash of the body in a signed URL is not implemented.');
  const payload = request.headerOf('x-amz-content-sha256') ?? UNSIGNED_PAYLOAD;
  const unsigned = withoutParameter(request.asSent, S3_V4_NAMES.signature);
  return (
    payloadFault(payload) ?? {
      ...COMMON,
      ...claim,
      named: signedHeaders,
      payload,
      sign: (secret) => s3V4Signature(unsigned, { secret, scope, signedHeaders, payload }),
      text: () => s3V4Text(unsigned, { scope, signedHeaders, payload }),
      chunksOf: (secret) => (isChunksSigned(payload) ? chunkSigner(secret, scope, claim.signature) : null),
    }
  );
};
