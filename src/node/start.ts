import type { DestinationStream, Logger } from 'pino';
import { createAdmin } from '../admin/app.ts';
import type { BucketConfig } from '../config/file.ts';
import { BUCKET_OPTIONS, type BucketOptions, type Config } from '../config/read.ts';
import { createRulesCache, type RulesCache } from '../rules/cache.ts';
import { keyOf, type RuledBucket } from '../rules/held.ts';
import { refreshLoaded } from '../rules/refresh.ts';
import { openBuckets } from './buckets.ts';
import { appListener, edgeListener, type Listening, listen } from './listen.ts';
import { createLog, logRules, requestLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createPools, type PoolTimeouts } from './pools.ts';
import { readByPools } from './read.ts';
import { serveBuckets } from './serving.ts';
import { listenTo, openShared } from './shared.ts';
import { startFault } from './start-fault.ts';

export interface StartOptions {
  /** Where log lines go; standard output unless given. */
  readonly log?: DestinationStream;
  readonly timeouts?: PoolTimeouts;
  /** Opens something that belongs to the edge, once its address is known; gives back how to close it. */
  readonly alongside?: (edgeUrl: string) => Promise<() => Promise<void>>;
  /** Where keys are looked for; the process's own environment unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Running {
  /** The edge's address, `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly adminUrl: string;
  buckets(): readonly RuledBucket[];
  readonly cache: RulesCache;
  /** Loads the rules of all buckets anew that have any. */
  refresh(): Promise<void>;
  /** Serves other buckets from now on; connections stay. Rejects with a start fault, and nothing changes. */
  replace(buckets: readonly BucketConfig[]): Promise<void>;
  readonly log: Logger;
  /** Stops accepting, finishes what is in flight within the configured limit, and ends. */
  close(): Promise<void>;
}

/**
 * Starts the edge and its admin port. Rejects with a start fault, a list of plain lines, when a port, a folder,
 * keys or a rules document are not as they must be; then nothing is left running.
 */
export async function start(
  config: Config,
  buckets: readonly BucketConfig[],
  options: StartOptions = {},
): Promise<Running> {
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    return await open(config, buckets, options, opened, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** The one bucket that the options themselves name; its name is taken from its place. */
export function onlyBucket(config: Config): BucketConfig {
  const options = Object.fromEntries(BUCKET_OPTIONS.map((name) => [name, config[name]])) as BucketOptions;
  return { ...options, name: '', keepPrefix: false, preload: true };
}

async function open(
  config: Config,
  buckets: readonly BucketConfig[],
  { log: destination, timeouts, env = process.env, alongside = nothingAlongside }: StartOptions,
  opened: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Running> {
  const log = createLog(config.logLevel, destination);
  const warn = (message: string) => log.warn(message);
  const shared = await openShared(config, warn);
  opened.push(shared.close);
  const { keep, bus } = shared;
  const cache = createRulesCache({
    ttl: config.rulesTtl,
    maxStale: config.maxStale,
    ...(keep !== null && { keep }),
    onChange: (changed, status) => logRules(log, changed, status),
    onVersion: (bucket, version) => bus?.publish({ kind: 'changed', bucket: keyOf(bucket), version }),
  });
  const { pools, close: closePools } = createPools(timeouts);
  opened.push(closePools);
  // Rules have connections of their own: they are read also while a bucket's are all taken.
  const { pools: rulesPools, close: closeRulesPools } = createPools(timeouts);
  opened.push(closeRulesPools);
  const read = readByPools(rulesPools);
  const metrics = createMetrics();
  const serving = serveBuckets(cache, {
    observers: [metrics.observe, requestLog(log)],
    onError: (error) => log.error({ err: messageOf(error) }, 'the edge failed on a request'),
    debugReason: config.debugReason,
    drain: config.drain,
    every: Math.min(TICK, config.rulesTtl),
    open: (configs, before) => openBuckets(configs, before, { edgeHost: config.host, env, read, warn }),
  });
  opened.push(serving.close);
  await serving.replace(buckets);

  let listening = false;
  const admin = createAdmin({
    buckets: serving.ruled,
    preloaded: serving.preloaded,
    cache,
    listening: () => listening,
    metrics: metrics.render,
    onRefresh: (bucket) => bus?.publish({ kind: 'refresh', bucket }),
  });
  const adminPort = await listenOr(appListener(admin), config.adminHost, config.adminPort, '--admin-port');
  opened.push(() => adminPort.close(0));
  const edgePort = await listenOr(edgeListener(serving.app, pools), config.host, config.port, '--port');
  opened.push(() => {
    listening = false;
    return edgePort.close(config.drain);
  });
  opened.push(await alongside(edgePort.url));
  listening = true;
  if (bus !== null) {
    const silence = listenTo(bus, cache, serving.ruled);
    opened.push(async () => silence());
  }
  serving.begin();
  return {
    url: edgePort.url,
    adminUrl: adminPort.url,
    buckets: serving.ruled,
    cache,
    refresh: () => refreshLoaded(cache, serving.ruled()),
    replace: serving.replace,
    log,
    close,
  };
}

const nothingAlongside = async () => async () => {};

/** Milliseconds between asking the cache whether rules are due: it alone knows, by time to live or back-off. */
const TICK = 1_000;

async function listenOr(
  handler: Parameters<typeof listen>[0],
  host: string,
  port: number,
  flag: string,
): Promise<Listening> {
  return listen(handler, host, port).catch((error) => {
    throw startFault([portMessage(error, host, port, flag)]);
  });
}

/** Why a port can't be listened on, in one line. */
export function portMessage(error: NodeJS.ErrnoException, host: string, port: number, flag: string): string {
  if (error.code === 'EADDRINUSE') {
    return `port ${port} on ${host} is in use: stop what listens there, or choose another with ${flag}`;
  }
  if (error.code === 'EACCES')
    return `port ${port} on ${host} needs more rights: choose one above 1023 with ${flag}`;
  return `can't listen on ${host} port ${port}: ${messageOf(error)}`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
