import type { Dialect } from '../../cors/behaviour.ts';
import { type Checked, refused } from '../refusals.ts';
import { UNSIGNED_PAYLOAD } from '../sign/chain.ts';
import type { BucketRequest } from '../transport.ts';
import { type ClientRequest, isSigned, type Verified, withoutSignature } from '../verify/verify.ts';

/** Whether a request has a signature to check. Any other one, also a form with a signed policy, passes as it is. */
export const hasSignature = (client: ClientRequest): boolean => isSigned(client);

/** A request without its client's signature, and what the signature for the bucket says of its body. */
export interface Bare {
  readonly request: BucketRequest;
  readonly key: string;
  readonly payload: string;
}

/** Removes a checked signature. Refuses a body that is signed in parts, which only its client can sign. */
export function bareOf(
  request: BucketRequest,
  client: ClientRequest,
  { scheme, payload }: Verified,
  dialect: Dialect,
): Checked<Bare> {
  const isOfStore = (scheme === 's3-v4') === (dialect === 's3');
  if (!isOfStore) return refused(dialect, 'NotImplemented', WRONG_SCHEME[dialect]);
  if (payload?.startsWith('STREAMING-') && payload !== UNSIGNED_CHUNKS) {
    return refused(dialect, 'NotImplemented', SIGNED_CHUNKS);
  }
  const { target } = withoutSignature({ target: client.key, headers: [] });
  const bare = { ...request, ...withoutSignature(request) };
  return { ok: true, value: { request: bare, key: target, payload: payload ?? UNSIGNED_PAYLOAD } };
}

const UNSIGNED_CHUNKS = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

const SIGNED_CHUNKS =
  'The edge signs requests again, but not the chunks of STREAMING-AWS4-… bodies: let the client send UNSIGNED-PAYLOAD, ' +
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER or the SHA-256 of the body (chunked encoding off, or an https:// endpoint).';

const WRONG_SCHEME: Readonly<Record<Dialect, string>> = {
  oss: 'The edge signs requests again by OSS V1 or V4, which cannot carry what SigV4 signs: let the client sign by OSS V1 or V4.',
  s3: 'The edge signs requests again by SigV4, which cannot carry what OSS V1 or V4 signs: let the client sign by SigV4.',
};
