import { isDeepStrictEqual } from 'node:util';
import type { Bucket } from '../../edge/bucket.ts';
import { createStore, keyIn, nameIn, type ServedStore, type StoreRules } from '../../edge/store.ts';
import { type AccessMeans, openAccess } from '../../open/open-access.ts';
import { accessIn } from '../../open/store.ts';
import { renewal } from '../../rules/refresh.ts';
import type { Front } from '../frontend.ts';
import type { ReplicatedBucket, ReplicatedRules, ReplicatedStore, RulesSnapshot } from './messages.ts';
import type { RulesReplica } from './rules-replica.ts';

/** The buckets of a worker process, with their rules from its replica. */
export interface ReplicatedBuckets {
  /** Serves these from now on. */
  replace(buckets: readonly ReplicatedBucket[], all: ReplicatedStore | null): void;
  /** Takes a change of the rules from the primary. */
  apply(snapshot: RulesSnapshot): void;
  /** A client has changed the rules through another worker process. */
  renewing(key: string): void;
}

export function replicateBuckets(
  front: Pick<Front, 'serve'>,
  replica: RulesReplica,
  means: AccessMeans,
): ReplicatedBuckets {
  let byName = new Map<string, ReplicatedBucket>();
  let store: ServedStore<StoreRules> | null = null;
  let storeBefore: ReplicatedStore | null = null;

  const rulesOf = (bucket: ReplicatedRules): Bucket['rules'] => ({
    current: (background) => replica.current(bucket, background),
    refresh: (background) => renewal(replica.renew(bucket), background),
  });

  const openStore = ({ plan, access }: ReplicatedStore): ServedStore<StoreRules> =>
    createStore({
      plan,
      access: accessIn(access, means),
      open(name) {
        const key = keyIn(plan, name);
        const forget = plan.evidence === 'nothing' ? () => {} : () => replica.forget(key);
        return { rules: rulesOf({ key, behaviour: plan.behaviour }), forget };
      },
    });

  /** Null for a key that is not of the store. */
  const nameOf = (key: string): string | null => store && nameIn(store.plan, key);

  const isOfStore = (key: string): boolean =>
    store !== null && (nameOf(key) !== null || key === keyIn(store.plan, ''));

  return {
    replace(buckets, all) {
      const next = buckets.map((bucket) => reuseUnchanged(byName.get(bucket.route.name), bucket));
      if (!isDeepStrictEqual(storeBefore, all)) {
        store?.close();
        store = all && openStore(all);
        storeBefore = all;
      }
      front.serve(
        next.map((bucket) => ({
          ...bucket.route,
          ...openAccess(bucket.access, means),
          rules: rulesOf(bucket),
        })),
        store,
      );
      byName = new Map(next.map((bucket) => [bucket.route.name, bucket]));
      const keys = new Set(next.map(({ key }) => key));
      replica.retain((key) => keys.has(key) || isOfStore(key));
    },
    apply(snapshot) {
      const name = nameOf(snapshot.key);
      // A bucket that this process has forgotten: its next request asks for the rules.
      if (name === null || store?.peek(name) !== undefined) replica.apply(snapshot);
    },
    renewing(key) {
      const name = nameOf(key);
      if (name !== null) store?.revive(name);
      replica.renewing(key);
    },
  };
}

/** The bucket from before if its configuration is the same: its rules need not be compiled again. */
export const reuseUnchanged = (
  before: ReplicatedBucket | undefined,
  bucket: ReplicatedBucket,
): ReplicatedBucket => (before !== undefined && isDeepStrictEqual(before, bucket) ? before : bucket);
