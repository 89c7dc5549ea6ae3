import { causeOf } from '../bucket/cause.ts';
import { type Checked, storeRefusal } from '../bucket/refusals.ts';
import type { Credentials } from '../bucket/sign/credentials.ts';
import type { Dialect } from '../cors/behaviour.ts';
import { LOAD_TIMEOUT } from '../rules/load.ts';
import { within } from '../rules/within.ts';
import type { Access } from './access.ts';
import { credentialsAt, type SigningMeans } from './signer.ts';

/** The keys of a bucket, or of all buckets of a store: the one reading serves all of them. */
export interface Keys {
  /** What the edge signs with; null: no keys. */
  readonly own: () => Promise<Credentials | null>;
  /** As in `openClientKeys`. */
  readonly ofClients: () => Promise<readonly Credentials[]>;
}

/** Opens what an access reads its keys from. They are read at most once a second (`recent`). */
export function openKeys(access: Access, means: SigningMeans): Keys {
  const source = credentialsAt(access.credentials, access.store, means);
  return { own: recent(async () => source?.() ?? null), ofClients: openClientKeys(access, means) };
}

/**
 * Returns a function that reads the keys that clients may sign with: the bucket's own, then the further ones. They are
 * read at most once a second (`recent`).
 */
export function openClientKeys(
  { store, credentials, clientKeys }: Pick<Access, 'store' | 'credentials' | 'clientKeys'>,
  means: SigningMeans,
): () => Promise<readonly Credentials[]> {
  const sources = [credentials, ...clientKeys].flatMap((place) => credentialsAt(place, store, means) ?? []);
  return recent(async () => {
    const found = await Promise.all(sources.map(async (source) => source()));
    return found.filter((keys) => keys !== null);
  });
}

/** Milliseconds for which read keys are used: a file is not looked at for every request, and rotated keys take effect. */
const KEYS_MS = 1000;

/** Milliseconds for which the last read keys stay in use while they cannot be read again. */
const LAST_KEYS_MS = 60_000;

/** The name of an error of `recent`. */
const UNREADABLE = 'KeysUnreadable';

/**
 * Returns what a source of keys returned in the last second, or asks it again; while it fails, what it returned in the last
 * minute. Otherwise rejects with an error for `unlessUnreadable`. No request waits for what another one asked: on Workers
 * it would wait forever if that one's client left.
 */
export function recent<T>(source: () => Promise<T>): () => Promise<T> {
  let known: { readonly value: T; readonly readAt: number; readonly askedAt: number } | null = null;
  return async () => {
    const askedAt = performance.now();
    if (known !== null && askedAt - known.askedAt < KEYS_MS && askedAt - known.readAt < LAST_KEYS_MS)
      return known.value;
    try {
      // The keys may be in a file whose disk does not answer.
      const value = await within(LOAD_TIMEOUT, source());
      known = { value, readAt: askedAt, askedAt };
      return value;
    } catch (cause) {
      const failedAt = performance.now();
      if (known === null || failedAt - known.readAt >= LAST_KEYS_MS)
        throw Object.assign(new Error('the keys cannot be read', { cause }), { name: UNREADABLE });
      known = { ...known, askedAt: failedAt };
      return known.value;
    }
  };
}

/** Keys that cannot be read are no error of the edge: the client is asked to try again, and the event says why. */
export async function unlessUnreadable<T>(
  dialect: Dialect,
  work: () => Promise<Checked<T>>,
): Promise<Checked<T>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && error.name === UNREADABLE)) throw error;
    const refusal = storeRefusal(dialect, 'ServiceUnavailable', 'The keys cannot be read now; try again.');
    return { ok: false, refusal: { ...refusal, cause: causeOf(error) } };
  }
}
