import type { DestinationStream, Logger } from 'pino';
import type { BucketConfig } from '../config/file.ts';
import type { Config, Places } from '../config/read.ts';
import { asFlag } from '../config/spell.ts';
import type { CompiledRules } from '../cors/compile.ts';
import { cut } from '../edge/log/cut.ts';
import type { RulesCache } from '../rules/cache.ts';
import type { RulesInForce } from '../rules/in-force.ts';
import { coalesced, refreshLoaded } from '../rules/refresh.ts';
import { keyOf, type RuledBucket } from '../rules/ruled-bucket.ts';
import { adminPort } from './admin-port.ts';
import { serveBuckets } from './buckets/active.ts';
import { type OpenedBucket, openBuckets } from './buckets/open.ts';
import { catchUp, listenTo } from './keep/shared.ts';
import { openRules, TICK } from './live-rules.ts';
import { exportsText } from './metrics/exports.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createRulesText } from './metrics/rules.ts';
import { createOpened, type Opened } from './opened.ts';
import { createLog, formatFor } from './output/log.ts';
import { standardOutput } from './output/standard.ts';
import { loggedClose, logStart, type Why } from './start-stop.ts';
import { askedOf } from './watch/asked.ts';
import { countsOf, type FollowedExport, openFollowed, watchFollowed } from './watch/followed.ts';
import { reasonsOf } from './watch/reasons.ts';
import type { Watcher } from './watch/watcher.ts';

export interface WatchOptions {
  /** The name of the rules where no bucket is configured, whose place is then not used. */
  readonly rulesName: string | null;
  /** Returns the bucket of a changed configuration file. Throws a start fault if it has it no more. */
  readonly select: (buckets: readonly BucketConfig[]) => BucketConfig;
  /** Where log lines go; standard output by default. */
  readonly log?: DestinationStream;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly places?: Places;
  readonly warnings?: readonly string[];
}

export interface Watching {
  readonly adminUrl: string;
  bucket(): RuledBucket;
  /** Loads the rules again. */
  refresh(): Promise<void>;
  /** Follows the bucket as another configuration file has it. Rejects with a start fault, and changes nothing then. */
  replace(buckets: readonly BucketConfig[]): Promise<void>;
  /** There are no worker processes. */
  roll(): Promise<void>;
  readonly log: Logger;
  /** `/readyz` is 503 from now on. */
  retire(): void;
  /** Ends the command that runs, and closes everything. */
  close(why?: Why): Promise<void>;
}

/**
 * Loads the rules of a bucket as the edge does, and has an exported file follow them. Rejects with a start fault; nothing
 * is left running then.
 */
export async function startWatch(
  config: Config,
  bucket: BucketConfig,
  followed: FollowedExport,
  options: WatchOptions,
): Promise<Watching> {
  const opened = createOpened();
  try {
    return await open(config, bucket, followed, options, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function open(
  config: Config,
  bucket: BucketConfig,
  followed: FollowedExport,
  { rulesName, select, log: destination, env = process.env, places = {}, warnings = [] }: WatchOptions,
  opened: Opened,
): Promise<Watching> {
  const log = createLog(config.logLevel, destination, formatFor(config.logFormat, destination));
  const warn = (message: string) => log.warn(cut(message));
  warnings.forEach(warn);
  const listenForAdmin = await adminPort(config, { places, env, log });
  const output = await openFollowed(followed, bucket, () => current?.config ?? bucket);
  const isRegister = bucket.management === 'keep';
  const { cache, bus, register, problems, read } = await openRules(
    config,
    {
      log,
      warn,
      places,
      isRegister,
      changed: () => void check(),
      nameOf: (key) => active.nameOf(key),
      onBack: (rules) => void catchUp(rules, active.opened()),
    },
    opened,
  );
  // No request asks for the rules: a load begins within a tenth of its time.
  const every = Math.min(TICK, config.rulesTtl / 10);
  const { stateDir } = config;
  const option = places.stateDir ?? asFlag('stateDir');
  const state = stateDir === null ? null : { folder: stateDir, option };
  const means = { exposure: UNSERVED, env, read, warn, register, state, secrets: [] };
  let current: OpenedBucket | undefined;
  const active = serveBuckets(cache, {
    serve: ([first]) => {
      current = first;
    },
    drain: 0,
    every,
    open: async (configs, before) =>
      (await openBuckets(configs, before, means)).map(renamed(before, rulesName)),
    openStore: async () => null,
  });
  opened.add(active.close);
  await active.replace([rulesOnly(bucket)], null);

  const watcher = watchFollowed(followed, output, env, log);
  const check = checkOf(followed, cache, () => current, watcher);
  const rulesText = createRulesText();
  const { text } = metricsOf(destination === undefined, () => [
    rulesText(active.ruled(), cache),
    exportsText(countsOf(followed, current?.ruled, watcher)),
  ]);
  let ending = false;
  const reasons = () => reasonsOf(watcher.state(), followed.file);
  const admin = await listenForAdmin({
    buckets: active.ruled,
    // A file that is in place is obeyed while its rules cannot be loaded.
    preloaded: () => [],
    cache,
    listening: () => true,
    ending: () => ending,
    missing: () => reasons().missing,
    problems: () => [...reasons().degraded, ...problems()],
    metrics: text,
    onRefresh: (key) => bus?.publish({ kind: 'refresh', bucket: key }),
  });
  opened.add(() => admin.close(0));
  if (bus !== null) {
    const silence = listenTo(bus, cache, active);
    opened.add(async () => silence());
  }
  // Last: a command that runs although the start fails would be a surprise.
  opened.add(beginWatch(watcher, check, { every, looks: Math.max(config.rulesTtl, TICK) }));
  active.begin();
  void check();
  logStart(log, [active.ruled()[0]?.name ?? ''], { admin: admin.url });
  return {
    adminUrl: admin.url,
    bucket: () => {
      if (current === undefined) throw new Error('no bucket is open');
      return current.ruled;
    },
    refresh: () => refreshLoaded(cache, active.opened()),
    replace: async (buckets) => {
      await active.replace([rulesOnly(select(buckets))], null);
      void check();
    },
    roll: async () => {},
    log,
    retire: () => {
      ending = true;
    },
    close: loggedClose(log, {}, opened.close),
  };
}

/** Has the watcher follow the rules in force, each time that it is called. */
function checkOf(
  followed: FollowedExport,
  cache: RulesCache,
  current: () => OpenedBucket | undefined,
  watcher: Watcher,
): () => Promise<void> {
  let inForce: RulesInForce | null = null;
  return coalesced(async () => {
    const bucket = current();
    if (bucket === undefined) return;
    const { ruled, config } = bucket;
    const found = await cache.current(ruled);
    if (found.rules === inForce?.rules) return;
    inForce = found;
    const { name, source } = ruled;
    const compile = (rules: CompiledRules) => followed.compile(rules, config, source.name);
    const cause = cache.status(keyOf(ruled)).failure?.cause ?? null;
    watcher.want(askedOf(found, { name, compile, cause }));
  });
}

/** The metrics of this process, with more families after them. */
function metricsOf(isStandard: boolean, more: () => readonly string[]) {
  const metrics = createMetrics(isStandard ? standardOutput().dropped : undefined);
  return { text: () => metrics.render(...more()) };
}

/** Begins to look at the file and at the rules in force, in milliseconds. Returns what ends it. */
function beginWatch(
  watcher: Watcher,
  check: () => Promise<void>,
  { every, looks }: { readonly every: number; readonly looks: number },
): () => Promise<void> {
  watcher.begin();
  const checking = setInterval(() => void check(), every).unref();
  const looking = setInterval(watcher.look, looks).unref();
  return async () => {
    clearInterval(checking);
    clearInterval(looking);
    await watcher.end();
  };
}

/** No client reaches the bucket through this process. */
const UNSERVED = { reach: 'socket', address: '', names: [] } as const;

/** The same bucket as far as its rules are concerned: no object is asked for, so that no key for objects is needed. */
const rulesOnly = (bucket: BucketConfig): BucketConfig => ({
  ...bucket,
  objects: 'pass',
  signPrefix: null,
  preload: true,
  clientKeys: null,
  bucketKeys: null,
  ...(bucket.management !== 'keep' && { management: null }),
});

/** Opened buckets whose name is that of their rules; those that were open before have it. */
const renamed =
  (before: readonly OpenedBucket[], name: string | null) =>
  (bucket: OpenedBucket): OpenedBucket =>
    name === null || before.includes(bucket) ? bucket : { ...bucket, ruled: { ...bucket.ruled, name } };
