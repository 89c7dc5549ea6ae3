import type { RulesCache } from '../../src/rules/cache.ts';
import type { RulesInForce } from '../../src/rules/in-force.ts';
import type { RuledBucket } from '../../src/rules/ruled-bucket.ts';
import type { Loaded, Source } from '../../src/rules/source.ts';
import { behaviour, rule } from '../helpers/rules.ts';

/** A source whose loads wait until the test answers them, oldest first. */
export interface Controlled {
  readonly bucket: RuledBucket;
  /** Loads begun so far. */
  loads(): number;
  /** Loads without an answer yet. */
  pending(): number;
  readonly signals: readonly AbortSignal[];
  answer(loaded: Loaded): void;
  reject(error: unknown): void;
}

export function controlled(name = 'b'): Controlled {
  const waiting: PromiseWithResolvers<Loaded>[] = [];
  const signals: AbortSignal[] = [];
  const next = (): PromiseWithResolvers<Loaded> => {
    const load = waiting.shift();
    if (load === undefined) throw new Error('no load is waiting');
    return load;
  };
  const source: Source = {
    kind: 'bucket',
    name: `source of ${name}`,
    load: (signal) => {
      signals.push(signal);
      const load = Promise.withResolvers<Loaded>();
      waiting.push(load);
      return load.promise;
    },
  };
  return {
    bucket: bucketWith(source, name),
    loads: () => signals.length,
    pending: () => waiting.length,
    signals,
    answer: (loaded) => next().resolve(loaded),
    reject: (error) => next().reject(error),
  };
}

export const bucketWith = (source: Source, name = 'b'): RuledBucket => ({
  name,
  source,
  behaviour: behaviour('oss'),
});

/** Rules that allow GET from one origin. */
export const rulesOf = (origin: string): Loaded => ({
  outcome: 'rules',
  ruleSet: { rules: [rule({ allowedOrigins: [origin] })], responseVary: false },
  warnings: [],
});

export const NONE: Loaded = { outcome: 'none' };
export const MISSING: Loaded = { outcome: 'missing' };
export const unknown = (cause = 'it was down'): Loaded => ({ outcome: 'unknown', cause, cure: 'wait' });

/** Rules in short: the origins they list, `none`, `missing` or `unavailable`. */
export function summary({ rules }: RulesInForce): string {
  if (rules.state !== 'known') return rules.state;
  return rules.rules.flatMap(({ rule }) => rule.allowedOrigins).join(' ') || 'none';
}

/** The rules in force, in short. Fails the test if a request would have to wait. */
export function now(cache: RulesCache, { bucket }: Controlled): string {
  const current = cache.current(bucket);
  if (current instanceof Promise) throw new Error('current() waits for a load');
  return summary(current);
}

/** Waits until `isTrue`, at most `limit` milliseconds, without timers, which tests may fake. */
export async function settled(isTrue: () => boolean, limit = 5_000): Promise<void> {
  for (const end = Date.now() + limit; Date.now() < end; ) {
    if (isTrue()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`waited ${limit} ms in vain`);
}

/** Answers the running load, and waits until the cache has recorded the answer. */
export async function load(cache: RulesCache, { bucket, answer }: Controlled, loaded: Loaded): Promise<void> {
  const before = cache.status(bucket.name);
  answer(loaded);
  await settled(() => {
    const { lastGood, failure } = cache.status(bucket.name);
    return loaded.outcome === 'unknown'
      ? failure !== null && failure !== before.failure
      : lastGood !== null && lastGood !== before.lastGood;
  });
  // Compiled rules follow the record a few promises later.
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
