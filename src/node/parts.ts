import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import type { Live } from '../admin/live.ts';
import type { OptionName } from '../config/options.ts';
import type { Config, Places } from '../config/read.ts';
import { asFlag, asKey } from '../config/spell.ts';
import { aboutStore } from '../open/store.ts';
import type { Bus } from '../rules/bus.ts';
import type { RulesCache } from '../rules/cache.ts';
import { createRefusals } from '../rules/refusals.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import { serveBuckets } from './buckets/active.ts';
import { type Exposure, openBuckets } from './buckets/open.ts';
import { OF_EDGE, OF_STORE, secretFiles } from './buckets/secret-files.ts';
import { openStoreOf } from './buckets/store.ts';
import { catchUp } from './keep/shared.ts';
import { openLive } from './live.ts';
import { type LiveRules, openRules, TICK } from './live-rules.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Opened } from './opened.ts';
import type { Spelt } from './server/listen-fault.ts';
import { warnOfFiles } from './server/open-files.ts';
import { openServe } from './serving.ts';
import type { Serve } from './single-process.ts';

export interface PartsOptions {
  readonly log: Logger;
  /** In which lines are written; worker processes write in it too. */
  readonly format: Config['logFormat'];
  readonly warn: (message: string) => void;
  readonly places: Places;
  /** The variables with keys. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly spelt: Spelt;
  readonly exposure: Exposure;
  readonly metrics: Metrics;
  /** Whether clients write rules of a bucket. */
  readonly isRegister: boolean;
  /** How many are configured. */
  readonly buckets: number;
}

/** What an edge consists of, before it listens. */
export interface Parts extends Pick<LiveRules, 'cache' | 'problems'> {
  readonly bus: Bus | null;
  readonly live: Live;
  readonly serve: Serve;
  readonly active: ReturnType<typeof serveBuckets>;
  readonly workers: number;
}

/** Opens the rules with the live page, what serves clients, and the set of buckets. They call each other once all are open. */
export async function openParts(config: Config, options: PartsOptions, opened: Opened): Promise<Parts> {
  const { log, format, warn, places, env, spelt, exposure, metrics, isRegister, buckets } = options;
  const changed = (bucket: RuledBucket) => {
    serve.changed(bucket);
    live.changed(bucket);
  };
  const onBack = (rules: RulesCache) => void catchUp(rules, active.opened());
  const { cache, bus, register, problems, read } = await openRules(
    config,
    { log, warn, places, isRegister, changed, nameOf: (key) => active.nameOf(key), onBack },
    opened,
  );
  const refusals = createRefusals();
  const live = openLive(
    config,
    {
      cache,
      refusals,
      metrics,
      register,
      env,
      active: () => active,
      // The channel to a worker process is ordered: it has taken the rules when it replies.
      settled: () => serve.collect(),
    },
    opened,
  );
  const workers = config.workers === 'auto' ? availableParallelism() : config.workers;
  warnOfFiles({ ...config, workers, buckets }, log);
  // Worker processes write in the format of this process.
  const serve = await openServe(
    { ...config, logFormat: format },
    { log, spelt, metrics, refusals, cache, workers, env, register },
  );
  opened.add(serve.close);
  const { stateDir } = config;
  const option = places.stateDir ?? asFlag('stateDir');
  const state = stateDir === null ? null : { folder: stateDir, option };
  const ownSecrets = secretFiles(config, OF_EDGE, (name) => places[name] ?? asFlag(name));
  const isAlone = config.storeUrl !== null;
  const active = serveBuckets(cache, {
    serve: serve.replace,
    drain: config.drain,
    every: Math.min(TICK, config.rulesTtl),
    open: (configs, before, all) => {
      const secrets = [...ownSecrets, ...secretFiles(all ?? {}, OF_STORE, isAlone ? asFlag : ofStore)];
      return openBuckets(configs, before, { exposure, env, read, warn, register, state, secrets });
    },
    openStore: (given, before) => openStoreOf(given, before, { env, read, warn, register, cache, isAlone }),
  });
  opened.add(active.close);
  return { cache, bus, problems, live, serve, active, workers };
}

/** An option of the store in a configuration file. */
const ofStore = (option: OptionName): string => aboutStore(asKey(option));
