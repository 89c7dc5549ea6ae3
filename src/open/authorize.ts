import { signAt } from '../bucket/authorize/place.ts';
import { isRead, readFault } from '../bucket/authorize/read.ts';
import { bareOf } from '../bucket/authorize/resign.ts';
import { refused } from '../bucket/refusals.ts';
import { type SigningChoice, signerFor } from '../bucket/sign/signing.ts';
import { isSigned, type Verified } from '../bucket/verify/verify.ts';
import type { Authorize } from '../edge/bucket.ts';
import type { Access } from './access.ts';
import { type Keys, openKeys, unlessUnreadable } from './client-keys.ts';
import type { SigningMeans } from './signer.ts';
import { verifyAtHost, verifyOptions } from './verify-at-host.ts';

/**
 * Returns what signs a bucket's requests for objects with the keys of the edge (`objects: sign`) or with its copy of the
 * client's key (`resign`); undefined for `pass`. `wallClock` in milliseconds since 1970.
 */
export function openAuthorize(
  access: Access,
  means: SigningMeans,
  wallClock: () => number = Date.now,
  keys: Keys = openKeys(access, means),
): Authorize | undefined {
  const { store, objects, bucketName } = access;
  if (objects === 'pass') return undefined;
  // The start refuses such a configuration (`accessFaults`).
  if (bucketName === null) return () => refused(store, 'AccessDenied', NAMELESS);
  return objects === 'sign'
    ? signReads(access, bucketName, keys, wallClock)
    : resign(access, bucketName, keys, wallClock);
}

const NAMELESS = 'The edge does not know the name of the bucket, which signatures contain.';

function signReads(access: Access, bucket: string, keys: Keys, wallClock: () => number): Authorize {
  const { store: dialect, signPrefix: prefix } = access;
  const sign = signerFor(dialect, access, { bucket, credentials: keys.own, wallClock });
  return (request, client, { rules }) => {
    if (!isRead(client)) return { ok: true, value: request };
    const refusal = readFault(client, { dialect, prefix, rules });
    if (refusal !== null) return { ok: false, refusal };
    return unlessUnreadable(dialect, async () => ({
      ok: true,
      value: { ...(await signAt(dialect, sign, request, client.key)), ownKey: true },
    }));
  };
}

function resign(access: Access, bucket: string, keys: Keys, wallClock: () => number): Authorize {
  const { store: dialect } = access;
  const options = verifyOptions(access, keys, wallClock);
  return async (request, client) => {
    // A form with a signed policy carries no signature of a request, and passes as it is.
    if (!isSigned(client)) return { ok: true, value: request };
    const verified = await unlessUnreadable(dialect, () => verifyAtHost(client, options));
    if (!verified.ok) return verified;
    const bare = bareOf(request, client, verified.value, dialect);
    if (!bare.ok) return bare;
    const { key, payload } = bare.value;
    // The signature covers what its own key may do, so no other key may sign it again.
    const credentials = () => verified.value.key;
    const sign = signerFor(dialect, choiceFor(verified.value, access), {
      bucket,
      credentials,
      wallClock,
      payload,
    });
    return { ok: true, value: await signAt(dialect, sign, bare.value.request, key) };
  };
}

/**
 * V1 covers only the parameters of a list, which the store knows best: a signature of V4 would cover parameters that the
 * client has not signed.
 */
const choiceFor = ({ scheme }: Verified, { signature, region }: Access): SigningChoice => ({
  signature: scheme === 'oss-v1' ? 'v1' : signature,
  region,
});
