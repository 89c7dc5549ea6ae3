import { fewAtOnce } from './batch.ts';
import type { RulesCache } from './cache.ts';
import { LOAD_TIMEOUT } from './load.ts';
import type { Background } from './lookup.ts';
import { keyOf, type RuledBucket } from './ruled-bucket.ts';
import { within } from './within.ts';

/** Refreshes the buckets that requests have asked for; the others load with their first request. */
export const refreshLoaded = (cache: RulesCache, buckets: readonly RuledBucket[]): Promise<void> =>
  fewAtOnce(
    buckets.filter((bucket) => cache.asked(keyOf(bucket))),
    (bucket) => cache.refresh(bucket),
  );

/** Refreshes all buckets, also those that no request has asked for. */
export const refreshAll = (cache: RulesCache, buckets: readonly RuledBucket[]): Promise<void> =>
  fewAtOnce(buckets, (bucket) => cache.refresh(bucket));

/** Loads the buckets that are due or were never loaded. Resolves when the last load has ended. */
export const loadDue = (cache: RulesCache, buckets: readonly RuledBucket[]): Promise<void> =>
  fewAtOnce(buckets, async (bucket) => {
    let loading: Promise<unknown> | undefined;
    await cache.current(bucket, (work) => {
      loading = work;
    });
    await loading;
  });

/** Waits for a renewal, at most as long as requests wait for it. `background` lets it run on. Never rejects. */
export function renewal(work: Promise<unknown>, background: Background): Promise<void> {
  background(work);
  return within(LOAD_TIMEOUT, work).then(
    () => {},
    () => {},
  );
}

/** One run at a time: calls during a run share one further run, which starts after it. */
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
