import type { IncomingMessage } from 'node:http';
import type { StoreRefusal } from '../../bucket/refusals.ts';
import type { SignedText } from '../../bucket/sign/chain.ts';
import type { Credentials } from '../../bucket/sign/credentials.ts';
import { type ClientRequest, textToSign, type Verified, verifyRequest } from '../../bucket/verify/verify.ts';
import type { Dialect } from '../../cors/behaviour.ts';
import { type Refusal, refusal } from './refusal.ts';

/** The keys that signatures are checked against. */
export interface Keys {
  readonly dialect: Dialect;
  /** The bucket's name, which OSS signatures cover. */
  readonly bucket: string;
  /** The path before the key as clients write it, which SigV4 signs: an edge in front has removed it. */
  readonly prefix: string;
  /** Called for every request, so that rotated keys take effect. */
  readonly credentials: () => Promise<readonly Credentials[]>;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

/** The target in origin-form, which signatures cover. */
function originForm(target: string): string {
  const relative = target.replace(/^https?:\/\/[^/?]*/i, '');
  return relative.startsWith('/') ? relative : `/${relative}`;
}

/** The edge asks for the rules without the prefix. */
const OF_EDGE = '/?cors';

/**
 * The targets that the client may have signed, the likeliest first. For the bucket itself clients write the prefix with and
 * without a slash at its end. Nothing else is signed without the prefix: the URL of an object of one bucket would open the
 * object of another whose key has the prefix before it.
 */
function targetsOf(target: string, prefix: string): readonly [string, ...string[]] {
  if (prefix === '') return [target];
  const ofBucket = /^\/(?:\?|$)/.test(target) ? [prefix + target.slice(1)] : [];
  return [prefix + target, ...ofBucket, ...(target === OF_EDGE ? [target] : [])];
}

// A token is a secret, and logs of clients have the whole answer.
const withoutToken = (text: string): string =>
  text.replace(/((?:x-(?:oss|amz)-)?security-token[:=])[^\n&]+/gi, '$1…');

function details({ stringToSign, canonicalRequest }: SignedText): Record<string, string> {
  const shown = (text: string) => withoutToken(Buffer.from(text, 'latin1').toString('utf8'));
  return {
    StringToSign: shown(stringToSign),
    ...(canonicalRequest !== null && { CanonicalRequest: shown(canonicalRequest) }),
  };
}

/** The refusal of a request; to a wrong signature the stores answer what it should have signed. */
async function refusalOf(
  { code, message }: StoreRefusal,
  request: ClientRequest,
  keys: Keys,
): Promise<Refusal> {
  if (code !== 'SignatureDoesNotMatch') return refusal(code, message);
  const text = await textToSign(request, { bucket: keys.bucket, region: null });
  return refusal(code, message, {}, text === null ? {} : details(text));
}

/**
 * Checks that a request is signed with one of the keys: in its headers or its URL, by OSS V1, OSS V4 or SigV4. Throws a
 * refusal with the store's own code if it is not.
 */
export async function checkSignature(
  { method = '', url = '', rawHeaders }: IncomingMessage,
  keys: Keys,
): Promise<Verified> {
  const key = originForm(url);
  const { dialect, bucket, credentials, wallClock } = keys;
  let first: { readonly refused: StoreRefusal; readonly request: ClientRequest } | undefined;
  for (const target of targetsOf(key, keys.prefix)) {
    const request = { method, target, key, headers: rawHeaders };
    const checked = await verifyRequest(request, {
      dialect,
      bucket,
      region: null,
      keys: credentials,
      wallClock,
    });
    if (checked.ok) return checked.value;
    first ??= { refused: checked.refusal, request };
    if (checked.refusal.code !== 'SignatureDoesNotMatch') break;
  }
  if (first === undefined) throw refusal('AccessDenied');
  throw await refusalOf(first.refused, first.request, keys);
}
