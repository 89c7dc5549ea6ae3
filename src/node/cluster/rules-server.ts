import type { RulesCache } from '../../rules/cache.ts';
import { LOAD_TIMEOUT } from '../../rules/load.ts';
import { keyOf, type RuledBucket } from '../../rules/ruled-bucket.ts';
import { within } from '../../rules/within.ts';
import type { RulesSnapshot, ToPrimary, ToWorker } from './messages.ts';

/** Sends to one worker process; the function also identifies that process. */
export type Send = (message: ToWorker) => unknown;
type RulesRequest = Extract<ToPrimary, { kind: 'rulesRequest' }>;

/** Serves the primary's rules cache to the worker processes. */
export interface RulesServer {
  /** Serves these buckets from now on, and no others. */
  serve(buckets: readonly RuledBucket[]): void;
  /** Replies to a worker process that has joined, also when the load fails. */
  reply(send: Send, request: RulesRequest): Promise<void>;
  /** Adds a worker process and sends it what is known of `buckets`, one after the other. */
  join(send: Send, buckets: readonly RuledBucket[]): Promise<void>;
  /** Sends a bucket's rules to every worker process that has requested them. */
  changed(bucket: RuledBucket): void;
  /** Removes a worker process that has exited. */
  leave(send: Send): void;
}

export interface RulesServerOptions {
  readonly cache: Pick<RulesCache, 'current' | 'renew' | 'status'>;
}

/** The version of each bucket that a worker process was sent last, by key. */
type SentVersions = Map<string, string | null>;

/** Milliseconds added to `due`, so that a request at that moment finds the load due. */
const MARGIN = 50;

export function createRulesServer({ cache }: RulesServerOptions): RulesServer {
  let served = new Map<string, RuledBucket>();
  const workers = new Map<Send, SentVersions>();
  const snapshotOf = createSnapshots(cache);

  /** Also to a worker process that awaits its first reply: that load may have begun before the change. */
  function announceRenewal(by: Send, key: string): void {
    for (const send of workers.keys()) if (send !== by) send({ kind: 'renewing', key });
  }

  return {
    serve(buckets) {
      served = new Map(buckets.map((bucket) => [keyOf(bucket), bucket]));
      for (const versions of workers.values()) {
        for (const key of [...versions.keys()]) if (!served.has(key)) versions.delete(key);
      }
    },
    async reply(send, request) {
      const { id, key, version, renew } = request;
      const bucket = served.get(key);
      if (bucket === undefined) {
        send({ kind: 'rulesReply', id, snapshot: null });
        return;
      }
      if (!workers.has(send)) return;
      if (renew) announceRenewal(send, key);
      // The status reports a failed load; `changed` sends the result of a load that takes longer than the limit.
      await loadDue(cache, bucket, request).catch(() => {});
      const versions = workers.get(send);
      if (versions === undefined) return;
      if (version === null) versions.delete(key);
      // A bucket removed meanwhile: the waiting requests get its rules, but later changes are not sent.
      const sent = served.has(key) ? versions : new Map();
      send({ kind: 'rulesReply', id, snapshot: snapshotOf(bucket, sent) });
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
      if (!served.has(key)) return;
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
  return (bucket: RuledBucket, versions: SentVersions): RulesSnapshot => {
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
}

/**
 * Loads a bucket's rules if they are due, or in any case for `renew`. A worker process that has rules serves its
 * requests meanwhile, so it gets the reply after the load. Rejects after LOAD_TIMEOUT.
 */
async function loadDue(
  cache: Pick<RulesCache, 'current' | 'renew'>,
  bucket: RuledBucket,
  { version, renew }: RulesRequest,
): Promise<void> {
  if (renew) {
    await within(LOAD_TIMEOUT, cache.renew(bucket));
    return;
  }
  const loads: Promise<unknown>[] = [];
  await cache.current(bucket, (work) => loads.push(work));
  if (version !== null) await within(LOAD_TIMEOUT, Promise.allSettled(loads));
  else for (const loading of loads) void loading.catch(() => {});
}
