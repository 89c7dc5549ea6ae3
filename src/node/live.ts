import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { createLive, type Live } from '../admin/live.ts';
import type { Config } from '../config/read.ts';
import type { RulesCache } from '../rules/cache.ts';
import type { GuardedRegister } from '../rules/guarded-register.ts';
import type { Refusals } from '../rules/refusals.ts';
import { createVersions } from '../rules/versions.ts';
import type { serveBuckets } from './buckets/active.ts';
import { loadDomains } from './domains.ts';
import { editorsOf } from './editors.ts';
import type { Metrics } from './metrics/metrics.ts';
import { createTraffic } from './metrics/traffic.ts';
import type { Opened } from './opened.ts';

export interface OpenLiveOptions {
  readonly cache: RulesCache;
  readonly refusals: Refusals;
  readonly metrics: Metrics;
  readonly register: GuardedRegister | null;
  /** The variables with keys. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called when requests come, and not before. */
  readonly active: () => Pick<ReturnType<typeof serveBuckets>, 'ruled' | 'named' | 'writtenAt'>;
  /** Resolves when all processes have the rules of the cache. */
  readonly settled: () => Promise<void>;
}

/** Opens what the live page reads on Node. */
export function openLive(
  { adminToken }: Pick<Config, 'adminToken'>,
  options: OpenLiveOptions,
  opened: Opened,
): Live {
  const { cache, refusals, metrics, register, env, active, settled } = options;
  const traffic = createTraffic({
    counts: () => metrics.read().series,
    underway: metrics.underway.read,
  });
  opened.add(async () => traffic.stop());
  const live = createLive({
    cache,
    versions: createVersions(),
    refusals,
    bucketOf: (name) =>
      active()
        .ruled()
        .find((bucket) => bucket.name === name) ?? active().named(name, false),
    editorOf: editorsOf({
      cache,
      register,
      env,
      hasToken: adminToken !== null,
      writtenAt: (bucket) => active().writtenAt(bucket),
      settled,
    }),
    traffic: traffic.read,
    domains: loadDomains,
    disconnect,
  });
  opened.add(async () => live.close());
  return live;
}

/** Ends the connection of a request to the admin port. */
export const disconnect = ({ env }: Context<{ Bindings: HttpBindings }>): void => void env.outgoing.destroy();
