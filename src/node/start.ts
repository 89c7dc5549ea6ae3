import type { DestinationStream } from 'pino';
import { createAdmin } from '../admin/app.ts';
import type { Config } from '../config/read.ts';
import type { BucketPlace } from '../config/values.ts';
import { createEdge } from '../edge/app.ts';
import type { RequestEvent } from '../edge/observe.ts';
import { type Background, createRulesCache, type RuledBucket, type RulesCache } from '../rules/cache.ts';
import type { Source } from '../rules/source.ts';
import { type OpenBucket, openBucket, openSource } from './bucket.ts';
import { appListener, edgeListener, type Listening, listen } from './listen.ts';
import { createLog, logRules, requestLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createPools, type PoolTimeouts } from './pools.ts';
import { startFault } from './start-fault.ts';
import { watchFile } from './watch.ts';

export interface StartOptions {
  /** Where log lines go; standard output unless given. */
  readonly log?: DestinationStream;
  readonly timeouts?: PoolTimeouts;
  /** Opens something that belongs to the edge, once its address is known; gives back how to close it. */
  readonly alongside?: (edgeUrl: string) => Promise<() => Promise<void>>;
}

export interface Running {
  /** The edge's address, `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly adminUrl: string;
  readonly bucket: RuledBucket;
  readonly cache: RulesCache;
  /** Stops accepting, finishes what is in flight within the configured limit, and ends. */
  close(): Promise<void>;
}

/**
 * Starts the edge and its admin port for one bucket. Rejects with a start fault, a list of plain lines,
 * when a port, the folder or a rules document is not as it must be; then nothing is left running.
 */
export async function start(
  config: Config & { bucket: BucketPlace },
  options: StartOptions = {},
): Promise<Running> {
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    return await open(config, options, opened, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  config: Config & { bucket: BucketPlace },
  { log: destination, timeouts, alongside = async () => async () => {} }: StartOptions,
  opened: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Running> {
  const log = createLog(config.logLevel, destination);
  const opens = await openBucket(config.bucket, config.host).catch((error) => {
    throw startFault([messageOf(error)]);
  });
  opened.push(opens.close);
  const bucket = ruledBucket(config, opens);
  await refuseFaultyDocument(bucket.source);

  const cache = createRulesCache({
    ttl: config.rulesTtl,
    maxStale: config.maxStale,
    onChange: (changed, status) => logRules(log, changed, status),
  });
  const { pools, close: closePools } = createPools(timeouts);
  opened.push(closePools);
  const metrics = createMetrics();
  const observers = [metrics.observe, requestLog(log)];
  const edge = createEdge({
    buckets: [{ name: bucket.name, address: opens.address, rules: rulesOf(cache, bucket) }],
    observe: (event: RequestEvent) => {
      for (const observe of observers) observe(event);
    },
    onError: (error) => log.error({ err: messageOf(error) }, 'the edge failed on a request'),
    debugReason: config.debugReason,
  });

  let listening = false;
  const admin = createAdmin({
    buckets: [bucket],
    preloaded: [bucket.name],
    cache,
    listening: () => listening,
    metrics: metrics.render,
  });
  const adminPort = await listenOr(appListener(admin), config.adminHost, config.adminPort, '--admin-port');
  opened.push(() => adminPort.close(0));
  const edgePort = await listenOr(edgeListener(edge, pools), config.host, config.port, '--port');
  opened.push(() => {
    listening = false;
    return edgePort.close(config.drain);
  });
  opened.push(await alongside(edgePort.url));
  listening = true;
  if (config.rules.kind === 'file') {
    const { close: unwatch } = watchFile(config.rules.path, () => void cache.refresh(bucket));
    opened.push(async () => unwatch());
  }
  opened.push(keepLoaded(cache, bucket, Math.min(TICK, config.rulesTtl)));
  return { url: edgePort.url, adminUrl: adminPort.url, bucket, cache, close };
}

const ruledBucket = (config: Config, bucket: OpenBucket): RuledBucket => ({
  name: bucket.name,
  source: openSource(config.rules, bucket),
  behaviour: {
    dialect: config.store,
    vary: config.vary,
    dangerouslyAllowCredentials: config.dangerouslyAllowCredentials,
  },
});

const rulesOf = (cache: RulesCache, bucket: RuledBucket) => ({
  current: (background: Background) => cache.current(bucket, background),
  refresh: (background: Background) => background(cache.renew(bucket)),
});

/** Milliseconds between asking the cache whether rules are due: it alone knows, by time to live or back-off. */
const TICK = 1_000;

/** Loads a bucket's rules now and whenever they are due, also when no request comes. */
function keepLoaded(cache: RulesCache, bucket: RuledBucket, every: number): () => Promise<void> {
  const tick = () => void Promise.resolve(cache.current(bucket)).catch(() => {});
  const ticking = setInterval(tick, every).unref();
  tick();
  return async () => clearInterval(ticking);
}

/** A document that somebody wrote for this edge must be right before it starts (promise 6). */
async function refuseFaultyDocument(source: Source): Promise<void> {
  if (source.kind !== 'file' && source.kind !== 'inline') return;
  const loaded = await source.load(AbortSignal.timeout(5_000));
  if (loaded.outcome !== 'unknown') return;
  if (loaded.faults === undefined) throw startFault([`--rules: ${loaded.cause}. ${loaded.cure}`]);
  throw startFault(
    loaded.faults.map(
      ({ place, value, reason, write }) =>
        `--rules ${source.name}: ${place}${value === undefined ? '' : ` "${value}"`} ${reason}; write ${write}`,
    ),
  );
}

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
