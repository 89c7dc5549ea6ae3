import { LRUCache } from 'lru-cache';
import type { Background } from '../../rules/cache.ts';
import { monotonic } from '../../rules/clock.ts';
import { type CompiledEntry, compileEntry, type RulesInForce } from '../../rules/in-force.ts';
import type { BucketTold, RulesTold } from './messages.ts';

/** What a worker knows of rules: what the primary has told it, compiled. */
export interface Mirror {
  /** As the rules cache's own: a promise only where nothing is known yet, or a change is being waited for. */
  current(bucket: BucketTold, background: Background): RulesInForce | Promise<RulesInForce>;
  /** A client has changed the rules at the store: has the primary load them, and requests wait. */
  renew(bucket: BucketTold): Promise<void>;
  /** Takes what the primary tells. */
  take(told: RulesTold): void;
  /** A client of another worker has changed the rules. */
  renewing(key: string): void;
  /** Forgets all others. */
  keep(keys: ReadonlySet<string>): void;
}

/**
 * Asks the primary; false when it has no answer, or none in time. An answer is taken when it comes, also one that is
 * late: what is told after it must not be overwritten by it.
 */
export type AskPrimary = (key: string, version: string | null, renew: boolean) => Promise<boolean>;

interface Entry {
  /** Null until the first answer. */
  told: RulesTold | null;
  /** When a load last found the rules, by this process's clock. */
  confirmed: number;
  held: CompiledEntry | undefined;
  asking: Promise<void> | null;
  renewing: Promise<void> | null;
  /** When to ask again, by the same clock. */
  next: number;
}

/** More are with the primary: what is asked for least goes, and is asked for again. */
const BUCKETS_HELD = 10_000;
/** Milliseconds between two questions about one bucket, whatever goes wrong. */
const PAUSE = 1_000;

export interface MirrorOptions {
  readonly ask: AskPrimary;
  /** Milliseconds after the last confirmation until last good rules are given up; 0: never. */
  readonly maxStale: number;
  /** Milliseconds of a clock that is never set. */
  readonly now?: () => number;
}

/**
 * Follows the primary's rules cache. The primary tells of every change; beside that a bucket in use is asked about when
 * its rules are due, which is what makes the primary load them. Whatever is not known is unavailable (promise 2).
 */
export function createMirror({ ask, maxStale, now = monotonic }: MirrorOptions): Mirror {
  const entries = new LRUCache<string, Entry>({ max: BUCKETS_HELD });

  function entryOf(key: string): Entry {
    let entry = entries.get(key);
    if (entry === undefined) {
      entry = { told: null, confirmed: 0, held: undefined, asking: null, renewing: null, next: 0 };
      entries.set(key, entry);
    }
    return entry;
  }

  const tooOld = ({ told, confirmed }: Entry): boolean =>
    maxStale > 0 && told !== null && told.version !== null && now() - confirmed > maxStale;

  /** Nothing is known or has been tried, or it was given up for age alone: an answer is waited for. */
  const isWaitedFor = (entry: Entry): boolean =>
    entry.told === null || (!entry.told.failed && (entry.told.version === null || tooOld(entry)));

  function inForce(bucket: BucketTold): RulesInForce {
    const entry = entryOf(bucket.key);
    const { told } = entry;
    const { version, good } = told ?? NOTHING;
    const lastGood = version === null || good === null ? null : { ...good, version };
    if (entry.held?.bucket !== bucket || entry.held.version !== version) {
      entry.held = compileEntry(bucket, lastGood, entry.held);
    }
    return tooOld(entry) ? entry.held.unavailable : entry.held;
  }

  async function asked(key: string, renew: boolean): Promise<void> {
    if (await ask(key, entryOf(key).told?.version ?? null, renew)) {
      if (entryOf(key).told !== null) return;
      // The answer was about a version that has been let go of: the whole of it is asked for.
      if ((await ask(key, null, false)) && entryOf(key).told !== null) return;
    }
    // No answer says nothing about the rules: those that are known stay, and not every request waits.
    const entry = entryOf(key);
    entry.told = { ...(entry.told ?? { ...NOTHING, key }), failed: true };
    entry.next = now() + PAUSE;
  }

  function askOnce(key: string): Promise<void> {
    const entry = entryOf(key);
    entry.asking ??= asked(key, false).finally(() => {
      entry.asking = null;
    });
    return entry.asking;
  }

  function waitFor(key: string, renewal: Promise<void>): Promise<void> {
    const entry = entryOf(key);
    const renewing = renewal.finally(() => {
      if (entry.renewing === renewing) entry.renewing = null;
    });
    entry.renewing = renewing;
    return renewing;
  }

  function unwaited(bucket: BucketTold, background: Background): RulesInForce | Promise<RulesInForce> {
    const entry = entryOf(bucket.key);
    if (isWaitedFor(entry)) return askOnce(bucket.key).then(() => inForce(bucket));
    if (entry.asking === null && now() >= entry.next) background(askOnce(bucket.key));
    return inForce(bucket);
  }

  function take(told: RulesTold): void {
    const entry = entryOf(told.key);
    if (entry.told !== null && told.number < entry.told.number) return;
    const missing = told.version !== null && told.good === null;
    if (missing && entry.told?.version !== told.version) {
      // It has been let go of meanwhile: whoever waits asks for the whole of it, and so does the next request.
      entry.told = null;
      return;
    }
    entry.told = missing ? { ...told, good: entry.told?.good ?? null } : told;
    entry.confirmed = now() - told.age;
    entry.next = now() + Math.max(told.due, PAUSE);
  }

  return {
    current(bucket, background) {
      const { renewing } = entryOf(bucket.key);
      return renewing === null
        ? unwaited(bucket, background)
        : renewing.then(() => unwaited(bucket, background));
    },
    renew: ({ key }) => waitFor(key, asked(key, true)),
    take,
    renewing(key) {
      // What nobody here has asked for is asked for by the next request, which then waits with the primary.
      if (entries.peek(key) !== undefined) void waitFor(key, asked(key, false));
    },
    keep(keys) {
      for (const key of [...entries.keys()]) if (!keys.has(key)) entries.delete(key);
    },
  };
}

const NOTHING = { number: 0, version: null, good: null, age: 0, due: 0, failed: true };
