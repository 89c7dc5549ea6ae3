import { waitUntil } from 'cloudflare:workers';
import type { RulesCache } from '../rules/cache.ts';

/**
 * Lets work finish although the client that started it leaves. Cloudflare cancels the work of a request with its client,
 * and other requests that wait for the same load would never settle.
 */
export function alive<T>(work: Promise<T>): Promise<T> {
  waitUntil(work.catch(() => {}));
  return work;
}

/** A cache whose loads finish although the client that started them leaves. */
export const aliveCache = (cache: RulesCache): RulesCache => ({
  ...cache,
  current: (bucket, background = (work) => void alive(work)) => cache.current(bucket, background),
  refresh: (bucket) => alive(cache.refresh(bucket)),
});
