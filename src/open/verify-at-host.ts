import { type Checked, refused } from '../bucket/refusals.ts';
import { cut, headerMap } from '../bucket/sign/canonical.ts';
import {
  type ClientRequest,
  type Verified,
  type VerifyOptions,
  verifyRequest,
} from '../bucket/verify/verify.ts';
import { knownHost } from '../config/vendor-hosts.ts';
import type { Access } from './access.ts';
import type { Keys } from './client-keys.ts';

const NO_REGION = 'The edge does not know the region of the bucket, which V4 signatures contain: sign by V1.';

/** How the signatures of a bucket's clients are checked. Without a known region only those of V1 can be. */
export const verifyOptions = (
  { store, bucketName, region }: Access,
  { ofClients }: Keys,
  wallClock: () => number,
): VerifyOptions => ({
  dialect: store,
  bucket: bucketName ?? '',
  region,
  v4Refusal: region === null ? NO_REGION : undefined,
  keys: ofClients,
  wallClock,
});

/**
 * Checks a signature, and for SigV4 its Host too: that is all it says of the bucket, and an edge that serves every host
 * would accept what its client has signed for another bucket of the same key at a vendor. Rejects as `verifyRequest` does.
 */
export async function verifyAtHost(
  request: ClientRequest,
  options: VerifyOptions,
): Promise<Checked<Verified>> {
  const verified = await verifyRequest(request, options);
  if (!verified.ok || verified.value.scheme !== 's3-v4') return verified;
  const name = nameAtVendor(request);
  return name === undefined || name === options.bucket
    ? verified
    : refused(options.dialect, 'AccessDenied', OF_ANOTHER);
}

const nameAtVendor = ({ headers, target }: ClientRequest): string | undefined => {
  const host = headerMap(headers).get('host') ?? '';
  return knownHost({ base: `https://${host}`, host, path: cut(target).path }).name;
};

const OF_ANOTHER = 'The request is signed for the Host of another bucket.';
