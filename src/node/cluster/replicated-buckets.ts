import { isDeepStrictEqual } from 'node:util';
import { type AccessMeans, openAccess } from '../../open/open-access.ts';
import { renewal } from '../../rules/refresh.ts';
import type { Front } from '../frontend.ts';
import type { ReplicatedBucket } from './messages.ts';
import type { RulesReplica } from './rules-replica.ts';

/** Returns a function that replaces the buckets that `front` serves, with their rules from `replica`. */
export function replicateBuckets(
  front: Pick<Front, 'serve'>,
  replica: Pick<RulesReplica, 'current' | 'renew' | 'retain'>,
  means: AccessMeans,
): (buckets: readonly ReplicatedBucket[]) => void {
  let byName = new Map<string, ReplicatedBucket>();
  return (buckets) => {
    const next = buckets.map((bucket) => reuseUnchanged(byName.get(bucket.route.name), bucket));
    front.serve(
      next.map((bucket) => ({
        ...bucket.route,
        ...openAccess(bucket.access, means),
        rules: {
          current: (background) => replica.current(bucket, background),
          refresh: (background) => renewal(replica.renew(bucket), background),
        },
      })),
    );
    byName = new Map(next.map((bucket) => [bucket.route.name, bucket]));
    replica.retain(new Set(next.map(({ key }) => key)));
  };
}

/** The bucket from before if its configuration is the same: its rules need not be compiled again. */
export const reuseUnchanged = (
  before: ReplicatedBucket | undefined,
  bucket: ReplicatedBucket,
): ReplicatedBucket => (before !== undefined && isDeepStrictEqual(before, bucket) ? before : bucket);
