import { NO_RULES } from '../../cors/rule.ts';
import { nameIn, type ServedStore } from '../../edge/store.ts';
import type { CachedRules } from '../../open/store.ts';
import type { RulesCache } from '../../rules/cache.ts';
import type { RulesInForce } from '../../rules/in-force.ts';
import { LOAD_TIMEOUT } from '../../rules/load.ts';
import { keyOf, type RuledBucket } from '../../rules/ruled-bucket.ts';
import { within } from '../../rules/within.ts';
import type { RulesSnapshot, ToPrimary, ToWorker } from './messages.ts';

/** Sends to one worker process; the function also identifies that process. */
export type Send = (message: ToWorker) => unknown;
type RulesRequest = Extract<ToPrimary, { kind: 'rulesRequest' }>;

/** Serves the primary's rules cache to the worker processes. */
export interface RulesServer {
  /** Serves these buckets and those of the store from now on, and no others. */
  serve(buckets: readonly RuledBucket[], store?: ServedBuckets | null): void;
  /** Replies to a worker process that has joined, also when the load fails. */
  reply(send: Send, request: RulesRequest): Promise<void>;
  /** Adds a worker process and sends it what is known of `buckets`, one after the other. */
  join(send: Send, buckets: readonly RuledBucket[]): Promise<void>;
  /** Sends a bucket's rules to every worker process that has requested them. */
  changed(bucket: RuledBucket): void;
  /** Removes a worker process that has exited. */
  leave(send: Send): void;
}

/** The store whose buckets worker processes ask for by name. */
export interface ServedBuckets {
  readonly served: Pick<ServedStore<CachedRules>, 'plan' | 'find' | 'peek' | 'learn' | 'revive'>;
}

export interface RulesServerOptions {
  readonly cache: Pick<RulesCache, 'current' | 'renew' | 'status'>;
}

/** The version of each bucket that a worker process was sent last, by key. */
type SentVersions = Map<string, string | null>;

/** Entries of a worker process after which those of forgotten buckets are removed. */
const MOST_VERSIONS = 32_768;

/** Milliseconds added to `due`, so that a request at that moment finds the load due. */
const MARGIN = 50;

export function createRulesServer({ cache }: RulesServerOptions): RulesServer {
  let served = new Map<string, RuledBucket>();
  let store: ServedBuckets['served'] | null = null;
  const workers = new Map<Send, SentVersions>();
  const snapshotOf = createSnapshots(cache);

  /** Also to a worker process that awaits its first reply: that load may have begun before the change. */
  function announceRenewal(by: Send, key: string): void {
    for (const send of workers.keys()) if (send !== by) send({ kind: 'renewing', key });
  }

  /** The name of a store's bucket in its key; null: another key. */
  const nameOf = (key: string): string | null => store && nameIn(store.plan, key);

  /** Undefined: removed. Null: a store's bucket that was found missing lately. */
  function bucketOf(key: string, renew: boolean): RuledBucket | null | undefined {
    const name = served.has(key) ? null : nameOf(key);
    if (name === null) return served.get(key);
    if (renew) store?.revive(name);
    return store?.find(name)?.ruled ?? null;
  }

  function isServed(key: string): boolean {
    if (served.has(key)) return true;
    const name = nameOf(key);
    return name !== null && store?.peek(name) !== undefined;
  }

  /** Forgets which versions were sent of buckets that are not served any more. */
  function forgetVersions(): void {
    for (const versions of workers.values()) {
      for (const key of [...versions.keys()]) if (!isServed(key)) versions.delete(key);
    }
  }

  return {
    serve(buckets, all = null) {
      served = new Map(buckets.map((bucket) => [keyOf(bucket), bucket]));
      store = all?.served ?? null;
      forgetVersions();
    },
    async reply(send, request) {
      const { id, key, version, renew } = request;
      const bucket = bucketOf(key, renew);
      if (bucket === undefined || bucket === null) {
        send({ kind: 'rulesReply', id, snapshot: bucket === null ? snapshotOf.missing(key) : null });
        return;
      }
      if (!workers.has(send)) return;
      if (renew) announceRenewal(send, key);
      // The status reports a failed load; `changed` sends the result of a load that takes longer than the limit.
      const inForce = await loadDue(cache, bucket, request).catch(() => null);
      const versions = workers.get(send);
      if (versions === undefined) return;
      if (version === null) versions.delete(key);
      // A bucket removed meanwhile: the waiting requests get its rules, but later changes are not sent.
      const sent = isServed(key) ? versions : new Map();
      send({ kind: 'rulesReply', id, snapshot: snapshotOf(bucket, sent) });
      const name = bucket.ofStore ? nameOf(key) : null;
      if (name !== null && inForce !== null) store?.learn(name, inForce);
      // An earlier load may have ended in between, with the answer from before.
      if (name !== null && renew) store?.revive(name);
      if (versions.size > MOST_VERSIONS) forgetVersions();
      else if (!isServed(key)) versions.delete(key);
    },
    async join(send, buckets) {
      const versions: SentVersions = new Map();
      workers.set(send, versions);
      for (const bucket of buckets) {
        if (!workers.has(send)) return;
        const snapshot = snapshotOf(bucket, versions);
        if (snapshot.version !== null || snapshot.failed) await send({ kind: 'rules', snapshot });
        else versions.delete(keyOf(bucket));
      }
    },
    changed(bucket) {
      const key = keyOf(bucket);
      if (!isServed(key)) return;
      for (const [send, versions] of workers) {
        if (versions.has(key)) send({ kind: 'rules', snapshot: snapshotOf(bucket, versions) });
      }
    },
    leave(send) {
      workers.delete(send);
    },
  };
}

/**
 * Returns a function that takes numbered snapshots of the cache. A snapshot omits the rule set if the worker process has
 * that version, and is recorded in `versions`.
 */
function createSnapshots(cache: Pick<RulesCache, 'status'>) {
  let number = 0;
  /** Of a bucket that a store does not have. */
  const missing = (key: string): RulesSnapshot => {
    number += 1;
    const good = { outcome: 'missing', ruleSet: NO_RULES } as const;
    return { key, number, version: 'missing', good, age: 0, due: MARGIN, failed: false };
  };
  const snapshot = (bucket: RuledBucket, versions: SentVersions): RulesSnapshot => {
    const key = keyOf(bucket);
    const { lastGood, failure, age, due } = cache.status(key, bucket);
    const version = lastGood?.version ?? null;
    const known = versions.get(key) === version;
    versions.set(key, version);
    const { outcome, ruleSet } = lastGood ?? {};
    const good = known || outcome === undefined || ruleSet === undefined ? null : { outcome, ruleSet };
    number += 1;
    return { key, number, version, good, age: age ?? 0, due: due + MARGIN, failed: failure !== null };
  };
  return Object.assign(snapshot, { missing });
}

/**
 * Loads a bucket's rules if they are due, or in any case for `renew`. A worker process that has rules serves its
 * requests meanwhile, so it gets the reply after the load. Rejects after LOAD_TIMEOUT.
 */
async function loadDue(
  cache: Pick<RulesCache, 'current' | 'renew'>,
  bucket: RuledBucket,
  { version, renew }: RulesRequest,
): Promise<RulesInForce> {
  if (renew) return within(LOAD_TIMEOUT, cache.renew(bucket));
  const loads: Promise<unknown>[] = [];
  const inForce = await cache.current(bucket, (work) => loads.push(work));
  if (version !== null) await within(LOAD_TIMEOUT, Promise.allSettled(loads));
  else for (const loading of loads) void loading.catch(() => {});
  return inForce;
}
