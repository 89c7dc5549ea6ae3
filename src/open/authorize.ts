import { signAt } from '../bucket/authorize/place.ts';
import { isRead, readFault } from '../bucket/authorize/read.ts';
import { bareOf } from '../bucket/authorize/resign.ts';
import { refused } from '../bucket/refusals.ts';
import { signerFor } from '../bucket/sign/signing.ts';
import { isSigned, verifyRequest } from '../bucket/verify/verify.ts';
import type { Authorize } from '../edge/bucket.ts';
import { LOAD_TIMEOUT } from '../rules/load.ts';
import { within } from '../rules/within.ts';
import type { Access } from './access.ts';
import { openClientKeys } from './client-keys.ts';
import { credentialsAt, type SigningMeans } from './signer.ts';

/**
 * Returns what signs a bucket's requests for objects with the keys of the edge (`objects: sign`) or with its copy of the
 * client's key (`resign`); undefined for `pass`. `wallClock` in milliseconds since 1970.
 */
export function openAuthorize(
  access: Access,
  means: SigningMeans,
  wallClock: () => number = Date.now,
): Authorize | undefined {
  const { store, objects, bucketName } = access;
  if (objects === 'pass') return undefined;
  // The start refuses such a configuration (`authorizeFaults`).
  if (bucketName === null) return () => refused(store, 'AccessDenied', NAMELESS);
  return objects === 'sign'
    ? signReads(access, bucketName, means, wallClock)
    : resign(access, bucketName, means, wallClock);
}

const NAMELESS = 'The edge does not know the name of the bucket, which signatures contain.';

function signReads(access: Access, bucket: string, means: SigningMeans, wallClock: () => number): Authorize {
  const { store: dialect, signPrefix: prefix } = access;
  const source = credentialsAt(access.credentials, dialect, means) ?? (() => null);
  const credentials = recent(async () => source());
  const sign = signerFor(dialect, access, { bucket, credentials, wallClock });
  return (request, client, { rules }) => {
    if (!isRead(client)) return { ok: true, value: request };
    const refusal = readFault(client, { dialect, prefix, rules });
    if (refusal !== null) return { ok: false, refusal };
    return signAt(dialect, sign, request, client.key).then((signed) => ({
      ok: true,
      value: { ...signed, ownKey: true },
    }));
  };
}

function resign(access: Access, bucket: string, means: SigningMeans, wallClock: () => number): Authorize {
  const { store: dialect, region } = access;
  const keys = recent(openClientKeys(access, means));
  const options = { dialect, bucket, region, keys, wallClock };
  return async (request, client) => {
    // A form with a signed policy carries no signature of a request, and passes as it is.
    if (!isSigned(client)) return { ok: true, value: request };
    const verified = await verifyRequest(client, options);
    if (!verified.ok) return verified;
    if (region === null && verified.value.scheme !== 'oss-v1')
      return refused(dialect, 'AccessDenied', NO_REGION);
    const bare = bareOf(request, client, verified.value, dialect);
    if (!bare.ok) return bare;
    const { key, payload } = bare.value;
    // The signature covers what its own key may do, so no other key may sign it again.
    const credentials = () => verified.value.key;
    const sign = signerFor(dialect, access, { bucket, credentials, wallClock, payload });
    return { ok: true, value: await signAt(dialect, sign, bare.value.request, key) };
  };
}

/** Milliseconds for which read keys are used: a file is not looked at for every object, and rotated keys take effect. */
const KEYS_MS = 1000;

/**
 * Returns what a source returned in the last second, or asks it again. No request waits for what another one asked: on
 * Workers it would wait forever if that one's client left.
 */
function recent<T>(source: () => Promise<T>): () => Promise<T> {
  let known: { readonly value: T; readonly readAt: number } | null = null;
  return async () => {
    const readAt = performance.now();
    if (known !== null && readAt - known.readAt < KEYS_MS) return known.value;
    // The keys may be in a file whose disk does not answer.
    const value = await within(LOAD_TIMEOUT, source());
    known = { value, readAt };
    return value;
  };
}

const NO_REGION = 'The edge does not know the region of the bucket, which V4 signatures contain.';
