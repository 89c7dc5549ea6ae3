import { cut, decode, type Signable } from '../sign/canonical.ts';
import type { Chain, Scope } from '../sign/chain.ts';
import { basicDate, parseDate } from '../sign/date.ts';
import { type Claim, readCredential, type SignedRequest } from './claim.ts';
import { OSS_TOKEN, type UrlNames } from './names.ts';

/** The parts of a V4 signature in a URL that OSS and S3 have in common. */
export interface UrlClaim
  extends Pick<Claim, 'accessKeyId' | 'securityToken' | 'signature' | 'signedAt' | 'validUntil'> {
  readonly scope: Scope;
}

/** The request without the parameter of that name: the signature is added after signing. */
export function withoutParameter({ method, headers, target }: Signable, dropped: string): Signable {
  const { path, query = '' } = cut(target);
  const rest = query.split('&').filter((piece) => decode(piece.split('=', 1)[0] ?? '') !== dropped);
  return { method, headers, target: `${path}?${rest.join('&')}` };
}

const MAX_SECONDS = 7 * 24 * 60 * 60;

/** The validity of a signed URL, given as 1 to 604800 seconds (7 days), in milliseconds; null if out of range. */
function readValidity(text: string | undefined): number | null {
  const seconds = /^\d{1,6}$/.test(text ?? '') ? Number(text) : 0;
  return seconds >= 1 && seconds <= MAX_SECONDS ? seconds * 1000 : null;
}

/** Reads a V4 signature in a URL; null if a parameter is missing or malformed, or contradicts another. */
export function readUrl(request: SignedRequest, chain: Chain, names: UrlNames): UrlClaim | null {
  const { parameterOf, headerOf } = request;
  const credential = readCredential(parameterOf(names.credential) ?? '', chain);
  const signature = parameterOf(names.signature);
  const date = parameterOf(names.date) ?? '';
  const signedAt = parseDate(date);
  const validity = readValidity(parameterOf(names.expires));
  if (parameterOf(names.algorithm) !== chain.algorithm) return null;
  if (!credential || !signature || signedAt === null || validity === null) return null;
  if (date !== basicDate(signedAt) || !date.startsWith(credential.day)) return null;
  return {
    accessKeyId: credential.accessKeyId,
    securityToken:
      parameterOf(names.securityToken) ??
      parameterOf(OSS_TOKEN) ??
      headerOf(names.securityToken.toLowerCase()),
    signature,
    signedAt,
    validUntil: signedAt + validity,
    scope: { date, region: credential.region },
  };
}
