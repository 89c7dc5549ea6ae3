import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { DestinationStream, Logger } from 'pino';
import { createAdmin } from '../admin/app.ts';
import type { BucketConfig } from '../config/file.ts';
import type { Config, Places } from '../config/read.ts';
import { cut, logRules } from '../edge/log.ts';
import { createRulesCache, type RulesCache } from '../rules/cache.ts';
import { keyOf, type RuledBucket } from '../rules/in-force.ts';
import { refreshLoaded } from '../rules/refresh.ts';
import { serveBuckets } from './buckets/active.ts';
import { type Exposure, openBuckets } from './buckets/open.ts';
import { serveByWorkers } from './cluster/primary.ts';
import { certificateOf, openFront, seldom } from './frontend.ts';
import { listenTo, openShared } from './keep/shared.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createLog } from './output/log.ts';
import { standardOutput } from './output/standard.ts';
import { answersTo, type Reach, reachOf } from './reach.ts';
import { appListener } from './server/app-listener.ts';
import { type Closed, OPERATOR_CROWD } from './server/crowd.ts';
import { listenOr, portMessage, type Spelt, speltBy } from './server/listen-fault.ts';
import { warnOfFiles } from './server/open-files.ts';
import { type Serve, serveHere } from './single-process.ts';
import { startFault } from './start-fault.ts';
import { createPools } from './transport/pools.ts';
import { readByPools } from './transport/small-read.ts';

export interface StartOptions {
  /** Where log lines go; standard output unless given. Workers write to standard output all the same. */
  readonly log?: DestinationStream;
  /** Opens something that belongs to the edge, once its address is known; gives back how to close it. */
  readonly alongside?: (edgeUrl: string) => Promise<() => Promise<void>>;
  /** Where keys are looked for; the process's own environment unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What options were given by, for start faults; flags unless given. */
  readonly places?: Places;
  /** Sentences for the log: what is wrong with the configuration and stops nothing. */
  readonly warnings?: readonly string[];
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
  /** Puts new workers in the place of the old ones, one after the other; ends when all have taken over. */
  roll(): Promise<void>;
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

async function open(
  config: Config,
  buckets: readonly BucketConfig[],
  {
    log: destination,
    env = process.env,
    alongside = nothingAlongside,
    places = {},
    warnings = [],
  }: StartOptions,
  opened: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Running> {
  const log = createLog(config.logLevel, destination);
  const warn = (message: string) => log.warn(cut(message));
  warnings.forEach(warn);
  const spelt = speltBy(places, 'host', 'port');
  const adminSpelt = speltBy(places, 'adminHost', 'adminPort');
  const exposure = await exposureOf(config, spelt);
  const adminReach = await reached({ host: config.adminHost, port: config.adminPort }, adminSpelt);
  const shared = await openShared(config, { warn, places, back: () => void cache.restore() });
  opened.push(shared.close);
  const { keeps, bus } = shared;
  const cache = createRulesCache({
    ttl: config.rulesTtl,
    maxStale: config.maxStale,
    keeps,
    onChange: (changed, status) => {
      logRules(log, changed, status);
      serve.changed(changed);
    },
    onVersion: (bucket, version) => bus?.publish({ kind: 'changed', bucket: keyOf(bucket), version }),
  });
  // Rules have connections of their own: they are read also while a bucket's are all taken.
  const { pools: rulesPools, close: closeRulesPools } = createPools();
  opened.push(closeRulesPools);
  const read = readByPools(rulesPools);
  const metrics = createMetrics(destination === undefined ? standardOutput().dropped : undefined);
  const edgeId = randomBytes(4).toString('hex');
  const workers = config.workers === 'auto' ? availableParallelism() : config.workers;
  warnOfFiles({ ...config, workers, buckets: buckets.length }, log);
  const serve: Serve =
    workers > 1
      ? serveByWorkers({ config, spelt, workers, cache, log, edgeId, onCounts: metrics.add })
      : serveHere(
          openFront(config, {
            log,
            observe: metrics.observe,
            countClosed: metrics.countClosed,
            edgeId,
            workers,
            spelt,
            certificate: () => certificateOf(config, log),
          }),
          cache,
          log,
        );
  opened.push(serve.close);
  const serving = serveBuckets(cache, {
    serve: serve.replace,
    drain: config.drain,
    every: Math.min(TICK, config.rulesTtl),
    open: (configs, before) => openBuckets(configs, before, { exposure, env, read, warn }),
  });
  opened.push(serving.close);
  await serving.replace(buckets);

  const warnOfAdmin = (closed: Closed, client: string) =>
    log.warn(
      { connections: OPERATOR_CROWD.most, closed, client },
      'the admin port closes connections: it has reached its limit',
    );
  let listening = false;
  const admin = createAdmin({
    buckets: serving.ruled,
    preloaded: serving.preloaded,
    cache,
    listening: () => listening && serve.listening(),
    answering: serve.answering,
    problems: shared.problems,
    metrics: async () => {
      await serve.collect();
      return metrics.render();
    },
    onRefresh: (bucket) => bus?.publish({ kind: 'refresh', bucket }),
  });
  const adminPort = await listenOr(
    appListener(admin, answersTo(adminReach, [config.adminHost, ...(config.ownHosts ?? [])])),
    { host: config.adminHost, port: config.adminPort },
    adminSpelt,
    { crowd: { ...OPERATOR_CROWD, onClose: seldom(warnOfAdmin) } },
  );
  opened.push(() => adminPort.close(0));
  const url = await serve.listen();
  opened.push(() => {
    listening = false;
    return serve.end(config.drain);
  });
  opened.push(await alongside(url));
  listening = true;
  if (bus !== null) {
    const silence = listenTo(bus, cache, serving.ruled);
    opened.push(async () => silence());
  }
  serving.begin();
  return {
    url,
    adminUrl: adminPort.url,
    buckets: serving.ruled,
    cache,
    refresh: () => refreshLoaded(cache, serving.ruled()),
    replace: serving.replace,
    roll: serve.roll,
    log,
    close,
  };
}

/** How clients reach the edge. Rejects with a start fault. */
async function exposureOf(
  { host, port, socket, ownHosts }: Pick<Config, 'host' | 'port' | 'socket' | 'ownHosts'>,
  spelt: Spelt,
): Promise<Exposure> {
  const reach = socket === null ? await reached({ host, port }, spelt) : 'socket';
  return { reach, address: `${spelt.host} ${host}`, names: [host, ...(ownHosts ?? [])] };
}

/** Who reaches an address. Rejects with the start fault that listening there would give. */
const reached = (where: { readonly host: string; readonly port: number }, spelt: Spelt): Promise<Reach> =>
  reachOf(where.host).catch((error) => {
    throw startFault([portMessage(error, where, spelt)]);
  });

const nothingAlongside = async () => async () => {};

/** Milliseconds between asking the cache whether rules are due: it alone knows, by time to live or back-off. */
const TICK = 1_000;
