import { cut, decode, type Signable } from '../../../bucket/sign/canonical.ts';
import type { Chain, Scope } from '../../../bucket/sign/chain.ts';
import { basicDate, parseDate } from '../../../bucket/sign/date.ts';
import { type Claim, readCredential, type SignedRequest } from './claim.ts';

/** How a store names the parameters of a V4 signature in a URL. */
export interface UrlNames {
  readonly algorithm: string;
  readonly credential: string;
  readonly date: string;
  readonly expires: string;
  readonly signature: string;
  /** A token may also stand in the header of that name. */
  readonly securityToken: string;
}

/** What V4 signatures in URLs say alike, whichever the store. */
export interface UrlClaim
  extends Pick<Claim, 'accessKeyId' | 'securityToken' | 'signature' | 'signedAt' | 'validUntil'> {
  readonly scope: Scope;
  /** The request as it was when the signature was made. */
  readonly unsigned: Signable;
}

/** The request as it was before a parameter was added to it. */
const withoutParameter = (request: SignedRequest, dropped: string): Signable => {
  const { method, headers, target } = request;
  const { path, query = '' } = cut(target);
  const kept = query.split('&').filter((piece) => decode(piece.split('=')[0] ?? '') !== dropped);
  return { method, headers, target: `${path}?${kept.join('&')}` };
};

const LONGEST_SECONDS = 7 * 24 * 60 * 60;

/** Seconds that a signed URL is good for, 1 to 604800 (7 days), in milliseconds; null when it is no such number. */
const readValidity = (text: string | undefined): number | null => {
  const seconds = /^\d{1,6}$/.test(text ?? '') ? Number(text) : 0;
  return seconds >= 1 && seconds <= LONGEST_SECONDS ? seconds * 1000 : null;
};

/** Reads a V4 signature in a URL; null when a parameter is missing or malformed, or they contradict each other. */
export const readUrl = (request: SignedRequest, chain: Chain, names: UrlNames): UrlClaim | null => {
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
    securityToken: parameterOf(names.securityToken) ?? headerOf(names.securityToken.toLowerCase()),
    signature,
    signedAt,
    validUntil: signedAt + validity,
    scope: { date, region: credential.region },
    unsigned: withoutParameter(request, names.signature),
  };
};
