import type { RulesCache } from '../../rules/cache.ts';
import { LOAD_TIMEOUT } from '../../rules/load.ts';
import { keyOf, type RuledBucket } from '../../rules/ruled-bucket.ts';
import { within } from '../../rules/within.ts';
import type { RulesTold, ToPrimary, ToWorker } from './messages.ts';

export type Tell = (message: ToWorker) => unknown;
type Question = Extract<ToPrimary, { kind: 'ask' }>;

/** Where workers ask for rules, and from where they are told of new ones. */
export interface Desk {
  /** These are served from now on. */
  serve(buckets: readonly RuledBucket[]): void;
  /** Answers a worker that has joined, also when loading fails. */
  ask(worker: Tell, question: Question): Promise<void>;
  /** A worker begins: tells it of buckets that it has not asked for; each is waited for until it is sent. */
  join(worker: Tell, buckets: readonly RuledBucket[]): Promise<void>;
  /** Tells of a bucket's rules to every worker that has asked for them. */
  changed(bucket: RuledBucket): void;
  /** The worker has ended. */
  leave(worker: Tell): void;
}

export interface DeskOptions {
  readonly cache: Pick<RulesCache, 'current' | 'renew' | 'status'>;
}

/** Milliseconds after which a question that is asked when a load is due surely finds it due. */
const MARGIN = 50;

export function createDesk({ cache }: DeskOptions): Desk {
  let served = new Map<string, RuledBucket>();
  /** The version of each bucket that a worker was told last. */
  const workers = new Map<Tell, Map<string, string | null>>();

  let number = 0;

  /** What is known now, without the rule set where the worker has it. */
  function toldOf(bucket: RuledBucket, versions: Map<string, string | null>): RulesTold {
    const key = keyOf(bucket);
    const { lastGood, failure, age, due } = cache.status(key, bucket);
    const version = lastGood?.version ?? null;
    const known = versions.get(key) === version;
    versions.set(key, version);
    const { outcome, ruleSet } = lastGood ?? {};
    const good = known || outcome === undefined || ruleSet === undefined ? null : { outcome, ruleSet };
    number += 1;
    return { key, number, version, good, age: age ?? 0, due: due + MARGIN, failed: failure !== null };
  }

  function tellRenewing(asking: Tell, key: string): void {
    for (const [worker, versions] of workers) {
      if (worker !== asking && versions.has(key)) worker({ kind: 'renewing', key });
    }
  }

  /** Loads what is due. A worker that has rules waits for nothing, so it is answered after the load. */
  async function load(bucket: RuledBucket, { version, renew }: Question): Promise<void> {
    if (renew) {
      await within(LOAD_TIMEOUT, cache.renew(bucket));
      return;
    }
    const loads: Promise<unknown>[] = [];
    await cache.current(bucket, (work) => loads.push(work));
    if (version !== null) await within(LOAD_TIMEOUT, Promise.allSettled(loads));
    else for (const loading of loads) void loading.catch(() => {});
  }

  return {
    serve(buckets) {
      served = new Map(buckets.map((bucket) => [keyOf(bucket), bucket]));
      for (const versions of workers.values()) {
        for (const key of [...versions.keys()]) if (!served.has(key)) versions.delete(key);
      }
    },
    async ask(worker, question) {
      const { id, key, version, renew } = question;
      const bucket = served.get(key);
      if (bucket === undefined) {
        worker({ kind: 'answer', id, told: null });
        return;
      }
      if (!workers.has(worker)) return;
      if (renew) tellRenewing(worker, key);
      // A load's failure is in the status; a load that takes too long is told of when it ends.
      await load(bucket, question).catch(() => {});
      const versions = workers.get(worker);
      if (versions === undefined) return;
      if (version === null) versions.delete(key);
      // Whoever waited for a bucket that is served no more still has its rules; nobody tells of changes of them.
      const lasting = served.has(key) ? versions : new Map();
      worker({ kind: 'answer', id, told: toldOf(bucket, lasting) });
    },
    async join(worker, buckets) {
      const versions = new Map<string, string | null>();
      workers.set(worker, versions);
      for (const bucket of buckets) {
        if (!workers.has(worker)) return;
        const told = toldOf(bucket, versions);
        if (told.version !== null || told.failed) await worker({ kind: 'rules', told });
        else versions.delete(keyOf(bucket));
      }
    },
    changed(bucket) {
      const key = keyOf(bucket);
      if (!served.has(key)) return;
      for (const [worker, versions] of workers) {
        if (versions.has(key)) worker({ kind: 'rules', told: toldOf(bucket, versions) });
      }
    },
    leave(worker) {
      workers.delete(worker);
    },
  };
}
