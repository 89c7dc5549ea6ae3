import type { RuledBucket } from '../rules/ruled-bucket.ts';
import type { BucketList } from './api.ts';

/** Where the admin port finds buckets. */
export interface BucketsOptions {
  /** Returns the buckets that are served now. */
  readonly buckets: () => readonly RuledBucket[];
  /**
   * Returns a bucket that is served under this name and is not among `buckets`: its rules were not found yet. `open`: also
   * if no request has named it.
   */
  readonly named?: (name: string, open: boolean) => RuledBucket | null;
}

/** Finds the buckets that a request names by `?bucket=`. */
export interface Buckets {
  /** The buckets with a name, or all buckets without one. */
  all(asked: string | undefined, open?: boolean): readonly RuledBucket[];
  /** The bucket with a name, or the only one without one. Null: no bucket has the name, or several are served. */
  one(asked: string | undefined): RuledBucket | null;
  /** The answer to a request that names no bucket. */
  unknown(asked: string | undefined): { readonly error: string; readonly buckets: readonly string[] };
  names(): BucketList;
}

/** Most names in an error. */
const MAX_NAMES = 20;

export function findBuckets({ buckets, named }: BucketsOptions): Buckets {
  const all: Buckets['all'] = (asked, open = false) => {
    if (asked === undefined) return buckets();
    const found = buckets().filter(({ name }) => name === asked);
    const other = found.length === 0 ? named?.(asked, open) : null;
    return other ? [other] : found;
  };
  const names = () => buckets().map(({ name }) => name);
  return {
    all,
    one(asked) {
      const found = all(asked);
      return found.length === 1 || asked !== undefined ? (found[0] ?? null) : null;
    },
    unknown: (asked) => ({
      error: asked === undefined ? 'name a bucket: ?bucket=NAME' : `there is no bucket ${asked}`,
      buckets: names().slice(0, MAX_NAMES),
    }),
    names: () => ({ buckets: names() }),
  };
}
