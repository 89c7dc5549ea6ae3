import type { Logger } from 'pino';
import type { Read } from '../bucket/read.ts';
import type { Config, Places } from '../config/read.ts';
import { loggedRegister, logRules } from '../edge/log.ts';
import type { Bus } from '../rules/bus.ts';
import { createRulesCache, type RulesCache } from '../rules/cache.ts';
import { type GuardedRegister, guardedRegister } from '../rules/guarded-register.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import { domainsFor } from './domains.ts';
import { announcedRegister, openShared, type Shared } from './keep/shared.ts';
import type { Opened } from './opened.ts';
import { closeSoon, createPools } from './transport/pools.ts';
import { readByPools } from './transport/small-read.ts';

/** Milliseconds between two checks whether rules are due, at most. */
export const TICK = 1_000;

/** The rules of buckets while a process runs. */
export interface LiveRules {
  readonly cache: RulesCache;
  readonly bus: Bus | null;
  readonly register: GuardedRegister | null;
  /** Why last good rules cannot be stored now, one line each. */
  readonly problems: Shared['problems'];
  /** Reads rules documents over HTTP. */
  readonly read: Read;
}

export interface RulesOptions {
  readonly log: Logger;
  readonly warn: (message: string) => void;
  readonly places: Places;
  /** Whether clients write rules of a bucket. */
  readonly isRegister: boolean;
  /** Called when the rules of a bucket, or their state, have changed. */
  readonly changed: (bucket: RuledBucket) => void;
  /** The name of the bucket with a key in the register. */
  readonly nameOf: (key: string) => Promise<string>;
  /** Called when storage is reachable again. */
  readonly onBack: (rules: RulesCache) => void;
}

/** Opens the rules cache, what it shares with other processes, and the connections that rules are read over. */
export async function openRules(
  config: Config,
  { log, warn, places, isRegister, changed, nameOf, onBack }: RulesOptions,
  opened: Opened,
): Promise<LiveRules> {
  const shared = await openShared(config, { warn, places, isRegister, onBack: () => onBack(cache) });
  opened.add(shared.close);
  const { keeps, bus, problems } = shared;
  const register =
    shared.register && guardedRegister(announcedRegister(loggedRegister(log, shared.register, nameOf), bus));
  const cache = createRulesCache({
    ttl: config.rulesTtl,
    maxStale: config.maxStale,
    keeps,
    domains: domainsFor,
    onChange: (bucket, status, isNew) => {
      logRules(log, bucket, status, isNew);
      changed(bucket);
    },
    onVersion: (bucket, version) => bus?.publish({ kind: 'changed', bucket: keyOf(bucket), version }),
  });
  // Pools of their own: rules are read also while all connections of a bucket are in use.
  const { pools, close } = createPools({ transport: config.transport });
  opened.add(() => closeSoon(close));
  return { cache, bus, register, problems, read: readByPools(pools) };
}
