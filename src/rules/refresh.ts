import type { RulesCache } from './cache.ts';
import { keyOf, type RuledBucket } from './held.ts';

/** Ten thousand loads at once would use up the process's connections. */
const AT_ONCE = 32;

/** Loads anew what has been loaded before; a bucket that nobody has asked for is loaded when somebody does. */
export async function refreshLoaded(cache: RulesCache, buckets: readonly RuledBucket[]): Promise<void> {
  const left = buckets.filter((bucket) => cache.status(keyOf(bucket)).state !== 'not_loaded');
  const worker = async () => {
    for (let bucket = left.pop(); bucket !== undefined; bucket = left.pop()) await cache.refresh(bucket);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
