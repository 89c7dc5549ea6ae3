import type { Access } from './access.ts';
import { credentialsAt, type SigningMeans } from './signer.ts';

/** What a bucket's `objects` opens to all clients, for the log of the start. Never rejects. */
export async function authorizeWarnings(access: Access, means: SigningMeans): Promise<readonly string[]> {
  const { objects, signPrefix, bucketName, store, credentials } = access;
  if (objects !== 'sign') return [];
  const keys = await Promise.resolve(credentialsAt(credentials, store, means)?.()).catch(() => null);
  const which = signPrefix === '' ? 'all objects' : `the objects under ${signPrefix}`;
  // The id of a key is no secret: it is in every signed URL.
  const by = keys ? `, signed with the key ${keys.accessKeyId}` : '';
  return [`every client of this edge can read ${which} of ${bucketName ?? 'the bucket'}${by}`];
}
