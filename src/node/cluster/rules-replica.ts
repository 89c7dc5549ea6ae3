import { LRUCache } from 'lru-cache';
import type { Background } from '../../rules/cache.ts';
import { monotonic } from '../../rules/clock.ts';
import type { RulesInForce } from '../../rules/in-force.ts';
import type { ReplicatedRules, RulesSnapshot } from './messages.ts';
import {
  applyNoReply,
  applySnapshot,
  emptyEntry,
  mustWait,
  type ReplicaEntry,
  rulesInForce,
} from './replica-entry.ts';

/** A worker process's copy of the primary's rules, compiled. */
export interface RulesReplica {
  /** Like the rules cache's own: a promise only before the first reply, or while a renewal is in flight. */
  current(bucket: ReplicatedRules, background: Background): RulesInForce | Promise<RulesInForce>;
  /** A client has changed the rules at the store: has the primary load them; requests wait. */
  renew(bucket: ReplicatedRules): Promise<void>;
  /** Takes a snapshot from the primary. */
  apply(snapshot: RulesSnapshot): void;
  /** A client has changed the rules through another worker process. */
  renewing(key: string): void;
  /** Deletes all entries but those of these keys. */
  retain(isServed: (key: string) => boolean): void;
  /** Deletes one entry. */
  forget(key: string): void;
}

/**
 * Requests a bucket's rules from the primary. Resolves to false without a snapshot in time. The caller applies the
 * snapshot when it arrives, also after the timeout, so that it cannot overwrite a later one.
 */
export type RequestRules = (key: string, version: string | null, renew: boolean) => Promise<boolean>;

/** LRU bound, above that of a store's buckets; evicted buckets are requested from the primary again. */
const MAX_BUCKETS = 32_768;

export interface RulesReplicaOptions {
  readonly request: RequestRules;
  /** Milliseconds after the last confirmation during which last good rules stay in force; 0: no limit. */
  readonly maxStale: number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/**
 * Follows the primary's rules cache. The primary sends every change. In addition the replica asks about a bucket in use
 * when its rules are due, because only requests make the primary load. Unknown rules are unavailable (promise 2).
 */
export function createRulesReplica({
  request,
  maxStale,
  now = monotonic,
}: RulesReplicaOptions): RulesReplica {
  const entries = new LRUCache<string, ReplicaEntry>({ max: MAX_BUCKETS });

  function entryOf(key: string): ReplicaEntry {
    let entry = entries.get(key);
    if (entry === undefined) {
      entry = emptyEntry();
      entries.set(key, entry);
    }
    return entry;
  }

  const inForce = (bucket: ReplicatedRules): RulesInForce =>
    rulesInForce(entryOf(bucket.key), bucket, maxStale, now());

  async function ask(key: string, renew: boolean): Promise<void> {
    if (await request(key, entryOf(key).snapshot?.version ?? null, renew)) {
      if (entryOf(key).snapshot !== null) return;
      // The reply named a version that this process has evicted: request the rule set as well.
      if ((await request(key, null, false)) && entryOf(key).snapshot !== null) return;
    }
    applyNoReply(entryOf(key), key, now());
  }

  function askOnce(key: string): Promise<void> {
    const entry = entryOf(key);
    entry.request ??= ask(key, false).finally(() => {
      entry.request = null;
    });
    return entry.request;
  }

  function startRenewal(key: string, renew: boolean): Promise<void> {
    const entry = entryOf(key);
    const renewal = ask(key, renew).finally(() => {
      if (entry.renewal === renewal) entry.renewal = null;
    });
    entry.renewal = renewal;
    return renewal;
  }

  function currentNow(bucket: ReplicatedRules, background: Background): RulesInForce | Promise<RulesInForce> {
    const entry = entryOf(bucket.key);
    if (mustWait(entry, maxStale, now())) return askOnce(bucket.key).then(() => inForce(bucket));
    if (entry.request === null && now() >= entry.askAt) background(askOnce(bucket.key));
    return inForce(bucket);
  }

  return {
    current(bucket, background) {
      const { renewal } = entryOf(bucket.key);
      return renewal === null
        ? currentNow(bucket, background)
        : renewal.then(() => currentNow(bucket, background));
    },
    renew: ({ key }) => startRenewal(key, true),
    apply: (snapshot) => applySnapshot(entryOf(snapshot.key), snapshot, now()),
    renewing(key) {
      // Without an entry the next request asks the primary, which is already loading.
      if (entries.peek(key) !== undefined) void startRenewal(key, false);
    },
    retain(isServed) {
      for (const key of [...entries.keys()]) if (!isServed(key)) entries.delete(key);
    },
    forget: (key) => void entries.delete(key),
  };
}
