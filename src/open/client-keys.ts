import type { Credentials } from '../bucket/sign/credentials.ts';
import type { Access } from './access.ts';
import { credentialsAt, type SigningMeans } from './signer.ts';

/**
 * Returns a function that reads the keys that clients may sign with: the bucket's own, then the further ones. It rejects
 * with an Error that names the place, and never a key, if one cannot be read.
 */
export function openClientKeys(
  { store, credentials, clientKeys }: Pick<Access, 'store' | 'credentials' | 'clientKeys'>,
  means: SigningMeans,
): () => Promise<readonly Credentials[]> {
  const sources = [credentials, ...clientKeys].flatMap((place) => credentialsAt(place, store, means) ?? []);
  return async () => {
    const found = await Promise.all(sources.map(async (source) => source()));
    return found.filter((keys) => keys !== null);
  };
}
