import { fewAtOnce } from './batch.ts';
import type { RulesCache } from './cache.ts';
import { keyOf, type RuledBucket } from './ruled-bucket.ts';

/** Loads anew what has been asked for before; a bucket that nobody has asked for is loaded when somebody does. */
export const refreshLoaded = (cache: RulesCache, buckets: readonly RuledBucket[]): Promise<void> =>
  fewAtOnce(
    buckets.filter((bucket) => cache.asked(keyOf(bucket))),
    (bucket) => cache.refresh(bucket),
  );

/** Loads all of them anew, also those that nobody has asked for. */
export const refreshAll = (cache: RulesCache, buckets: readonly RuledBucket[]): Promise<void> =>
  fewAtOnce(buckets, (bucket) => cache.refresh(bucket));

/** Loads what is due, by time to live or after a failure, and what was never loaded; ends with the last load. */
export const loadDue = (cache: RulesCache, buckets: readonly RuledBucket[]): Promise<void> =>
  fewAtOnce(buckets, async (bucket) => {
    let loading: Promise<unknown> | undefined;
    await cache.current(bucket, (work) => {
      loading = work;
    });
    await loading;
  });

/** Runs work that many ask for: one run at a time, and one more for whoever asked since the last began. */
export function coalesced(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const run = (): Promise<void> => {
    running = work().finally(() => {
      running = null;
    });
    return running;
  };
  return () => {
    if (running === null) return run();
    next ??= running.then(() => {
      next = null;
      return run();
    });
    return next;
  };
}
