import { waitUntil } from 'cloudflare:workers';
import type { RulesCache } from '../rules/cache.ts';

/**
 * Lets work end though the client that began it leaves. Cloudflare drops the work of a request with its client, and
 * whoever else waits for the same load would then wait for ever.
 */
export function alive<T>(work: Promise<T>): Promise<T> {
  waitUntil(work.catch(() => {}));
  return work;
}

/** A cache whose loads end, whoever asks for them. */
export const aliveCache = (cache: RulesCache): RulesCache => ({
  ...cache,
  current: (bucket, background = (work) => void alive(work)) => cache.current(bucket, background),
  refresh: (bucket) => alive(cache.refresh(bucket)),
});
