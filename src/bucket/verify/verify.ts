import { type Checked, storeRefusal } from '../refusals.ts';
import { decode, hasManyParameters, MAX_PARAMETERS } from '../sign/canonical.ts';
import type { SignedText } from '../sign/chain.ts';
import type { Credentials } from '../sign/credentials.ts';
import { isChecksum } from './checksums.ts';
import { type Claim, type Denied, denied, isDenied, type SignedRequest, signedRequest } from './claim.ts';
import { equalInConstantTime } from './equal.ts';
import { formOf } from './forms.ts';
import { headersFault } from './signed-headers.ts';
import type { ClientRequest, Scheme, Verified, VerifyOptions } from './verified.ts';

export { verifyBody } from './body.ts';
export { isSigned, withoutSignature } from './strip.ts';
export type { ChunkSigner, ClientRequest, Md5, Scheme, Verified, VerifyOptions } from './verified.ts';

const SKEW_MS = 15 * 60 * 1000;

/** A temporary key is valid only together with its token. */
export function tokenFault(
  { securityToken }: Credentials,
  claim: Pick<Claim, 'securityToken' | 'tokenRefusal'>,
): Denied | null {
  if (securityToken === undefined && claim.securityToken === undefined) return null;
  if (securityToken === undefined || claim.securityToken === undefined) return denied('InvalidAccessKeyId');
  return equalInConstantTime(securityToken, claim.securityToken) ? null : denied(claim.tokenRefusal);
}

function timeFault({ signedAt, validUntil }: Claim, now: number): Denied | null {
  if (validUntil === null) {
    const skewed = signedAt === null || Math.abs(now - signedAt) > SKEW_MS;
    return skewed ? denied('RequestTimeTooSkewed') : null;
  }
  if (now > validUntil) return denied('AccessDenied', 'Request has expired.');
  const early = signedAt !== null && signedAt - now > SKEW_MS;
  return early ? denied('AccessDenied', 'Request is not valid yet.') : null;
}

async function isSignedBy(secret: string, { signature, sign, signAlso }: Claim): Promise<boolean> {
  if (equalInConstantTime(await sign(secret), signature)) return true;
  return signAlso !== null && equalInConstantTime(await signAlso(secret), signature);
}

/** Only SigV4 covers these parameters, whatever their name's letter case. */
const checksumsIn = (scheme: Scheme, { parameters }: SignedRequest): ReadonlyMap<string, string> =>
  new Map(
    scheme === 's3-v4'
      ? parameters
          .map(([name, value]) => [name.toLowerCase(), value] as const)
          .filter(([name]) => isChecksum(name))
          .map(([name, value]) => [name, decode(value)] as const)
      : [],
  );

const PARAMETERS_MANY = denied(
  'InvalidArgument',
  `The edge checks the signature of a request with at most ${MAX_PARAMETERS} query parameters.`,
);

async function verify(request: ClientRequest, options: VerifyOptions): Promise<Verified | Denied> {
  // Before all work that grows with their number, which needs no key.
  if (hasManyParameters(request.target)) return PARAMETERS_MANY;
  const signed = signedRequest(request);
  const found = formOf(signed);
  if (isDenied(found)) return found;
  const claim = found.read(signed, options);
  if (isDenied(claim)) return claim;
  // Before any key is derived: clients could invent regions without an end.
  if (options.v4Refusal !== undefined && claim.scheme !== 'oss-v1')
    return denied('AccessDenied', options.v4Refusal);
  const key = (await options.keys()).find(({ accessKeyId }) => accessKeyId === claim.accessKeyId);
  if (!key) return denied('InvalidAccessKeyId');
  const fault =
    headersFault(signed, claim) ?? tokenFault(key, claim) ?? timeFault(claim, options.wallClock());
  if (fault !== null) return fault;
  if (!(await isSignedBy(key.accessKeySecret, claim))) return denied('SignatureDoesNotMatch');
  const { scheme, payload } = claim;
  const checksums = checksumsIn(scheme, signed);
  const chunks = claim.chunksOf(key.accessKeySecret);
  return { scheme, form: found.form, key, payload, checksums, chunks };
}

/**
 * What the signature of a request should sign, for a client whose signature does not match; null if the request carries
 * none that can be read. It contains the token of a temporary key if the request does.
 */
export async function textToSign(
  request: ClientRequest,
  options: Pick<VerifyOptions, 'bucket' | 'region'>,
): Promise<SignedText | null> {
  const signed = signedRequest(request);
  const found = formOf(signed);
  if (isDenied(found)) return null;
  const claim = found.read(signed, options);
  return isDenied(claim) ? null : claim.text();
}

/**
 * Checks who sent a request, in its headers or its URL, by OSS V1, OSS V4 or SigV4, whatever the dialect. Refuses with the
 * store's own code what is unsigned, signed by another key or twice, too old, or changed since. Rejects with what `keys`
 * rejects with.
 */
export async function verifyRequest(
  request: ClientRequest,
  options: VerifyOptions,
): Promise<Checked<Verified>> {
  const verified = await verify(request, options);
  if (!isDenied(verified)) return { ok: true, value: verified };
  const { code, message, region } = verified;
  const refusal = storeRefusal(options.dialect, code, message);
  return { ok: false, refusal: region === undefined ? refusal : { ...refusal, region } };
}
