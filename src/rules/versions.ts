import { LRUCache } from 'lru-cache';
import type { RuleSet } from '../cors/rule.ts';
import type { LastGood } from './last-good.ts';

/** Rules that a bucket had in this process. */
export interface KnownVersion {
  readonly version: string;
  readonly outcome: LastGood['outcome'];
  readonly ruleSet: RuleSet;
  /** When a load first found it, in epoch milliseconds. */
  readonly at: number;
}

/** The last versions of the rules of many buckets. */
export interface Versions {
  /** Adds the rules that are in force; the same again change nothing. `key`: the bucket's. */
  record(key: string, lastGood: LastGood): void;
  /** The last in force first. */
  of(key: string): readonly KnownVersion[];
}

export interface VersionsOptions {
  /** Most versions of one bucket. */
  readonly each?: number;
  /** Most versions of all buckets together: the bucket that changed longest ago loses its own first. */
  readonly most?: number;
}

/** Remembers the versions of each bucket. Rule sets are shared with the rules in force, not copied. */
export function createVersions({ each = 20, most = 2_000 }: VersionsOptions = {}): Versions {
  const known = new LRUCache<string, readonly KnownVersion[]>({
    maxSize: most,
    sizeCalculation: (versions) => versions.length,
  });
  const of = (key: string): readonly KnownVersion[] => known.peek(key) ?? [];

  return {
    of,
    record(key, { version, outcome, ruleSet, loadedAt }) {
      const before = of(key);
      if (before[0]?.version === version) return;
      const seen = before.find((one) => one.version === version);
      const now: KnownVersion = seen ?? { version, outcome, ruleSet, at: loadedAt };
      known.set(key, [now, ...before.filter((one) => one !== seen)].slice(0, each));
    },
  };
}
