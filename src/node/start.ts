import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { DestinationStream, Logger } from 'pino';
import type { BucketConfig } from '../config/file.ts';
import type { Config, Places } from '../config/read.ts';
import { asFlag } from '../config/spell.ts';
import type { StoreConfig } from '../config/store.ts';
import { cut } from '../edge/log/cut.ts';
import { observeRefusals } from '../edge/refusals.ts';
import type { RulesCache } from '../rules/cache.ts';
import { refreshLoaded } from '../rules/refresh.ts';
import { createRefusals, type Refusals } from '../rules/refusals.ts';
import type { Register } from '../rules/register.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import { adminPort, reached } from './admin-port.ts';
import { accessMeans } from './buckets/access-means.ts';
import { serveBuckets } from './buckets/active.ts';
import { type Exposure, openBuckets } from './buckets/open.ts';
import { openStoreOf } from './buckets/store.ts';
import { serveByWorkers } from './cluster/primary.ts';
import { certificateOf, openFront } from './frontend.ts';
import { catchUp, listenTo } from './keep/shared.ts';
import { openLive } from './live.ts';
import { readLivePage } from './live-page.ts';
import { openRules, TICK } from './live-rules.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { rulesText } from './metrics/rules.ts';
import { createOpened, type Opened } from './opened.ts';
import { createLog, formatFor } from './output/log.ts';
import { standardOutput } from './output/standard.ts';
import { type Spelt, speltBy } from './server/listen-fault.ts';
import { warnOfFiles } from './server/open-files.ts';
import { type Serve, serveHere } from './single-process.ts';
import { loggedClose, logStart, type Why } from './start-stop.ts';

export interface StartOptions {
  /** Serves all buckets of this store too. */
  readonly store?: StoreConfig | null;
  /** Where log lines go; standard output by default. Worker processes always write to standard output. */
  readonly log?: DestinationStream;
  /** Opens a part that needs the addresses of the edge and of the admin port; resolves to the function that closes it. */
  readonly alongside?: (edgeUrl: string, adminUrl: string) => Promise<() => Promise<void>>;
  /** The variables with keys and tokens; the process's environment by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How each option was given, for start faults; as flags by default. */
  readonly places?: Places;
  /** Warnings about the configuration, for the log. */
  readonly warnings?: readonly string[];
}

export interface Running {
  /** The edge's address, `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly adminUrl: string;
  buckets(): readonly RuledBucket[];
  readonly cache: RulesCache;
  /** Loads the rules of all buckets again whose rules have been loaded. */
  refresh(): Promise<void>;
  /** Serves others from now on; connections stay. Rejects with a start fault, and changes nothing then. */
  replace(buckets: readonly BucketConfig[], store?: StoreConfig | null): Promise<void>;
  /** Replaces the worker processes one after the other; resolves when all new ones serve. */
  roll(): Promise<void>;
  readonly log: Logger;
  /** `/readyz` is 503 from now on, and the edge serves on: load balancers send no more requests. `close` comes later. */
  retire(): void;
  /** Stops accepting connections, finishes requests in flight within the configured limit, and closes everything. */
  close(why?: Why): Promise<void>;
}

/**
 * Starts the edge and its admin port. Rejects with a start fault, a list of plain lines, if a port, a folder, keys or a
 * rules document is faulty; nothing is left running then.
 */
export async function start(
  config: Config,
  buckets: readonly BucketConfig[],
  options: StartOptions = {},
): Promise<Running> {
  const opened = createOpened();
  try {
    return await open(config, buckets, options, opened);
  } catch (error) {
    await opened.close();
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
    store = null,
  }: StartOptions,
  opened: Opened,
): Promise<Running> {
  const format = formatFor(config.logFormat, destination);
  const log = createLog(config.logLevel, destination, format);
  const warn = (message: string) => log.warn(cut(message));
  warnings.forEach(warn);
  const spelt = speltBy(places, 'host', 'port');
  const exposure = await exposureOf(config, spelt);
  const listenForAdmin = await adminPort(config, { places, env, log });
  const changed = (bucket: RuledBucket) => {
    serve.changed(bucket);
    live.changed(bucket);
  };
  const onBack = (rules: RulesCache) => void catchUp(rules, active.opened());
  const isRegister = [...buckets, store].some((one) => one?.management === 'keep');
  const { cache, bus, register, problems, read } = await openRules(
    config,
    { log, warn, places, isRegister, changed, nameOf: (key) => active.nameOf(key), onBack },
    opened,
  );
  const refusals = createRefusals();
  const metrics = createMetrics(destination === undefined ? standardOutput().dropped : undefined);
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
  warnOfFiles({ ...config, workers, buckets: buckets.length }, log);
  // Worker processes write in the format of this process.
  const serve = openServe(
    { ...config, logFormat: format },
    { log, spelt, metrics, refusals, cache, workers, env, register },
  );
  opened.add(serve.close);
  const { stateDir } = config;
  const option = places.stateDir ?? asFlag('stateDir');
  const state = stateDir === null ? null : { folder: stateDir, option };
  const active = serveBuckets(cache, {
    serve: serve.replace,
    drain: config.drain,
    every: Math.min(TICK, config.rulesTtl),
    open: (configs, before) => openBuckets(configs, before, { exposure, env, read, warn, register, state }),
    openStore: (given, before) =>
      openStoreOf(given, before, { env, read, warn, register, cache, isAlone: config.storeUrl !== null }),
  });
  opened.add(active.close);
  await active.replace(buckets, store);

  let listening = false;
  let ending = false;
  const admin = await listenForAdmin({
    buckets: active.ruled,
    preloaded: active.preloaded,
    named: active.named,
    cache,
    listening: () => listening && serve.listening(),
    ending: () => ending,
    answering: serve.answering,
    problems,
    metrics: async () => {
      await serve.collect();
      return metrics.render(rulesText(active.ruled(), cache));
    },
    onRefresh: (bucket) => bus?.publish({ kind: 'refresh', bucket }),
    live,
    page: await readLivePage(),
  });
  opened.add(() => admin.close(0));
  // Before the first request: rules that it loads may change at once.
  if (bus !== null) {
    const silence = listenTo(bus, cache, active);
    opened.add(async () => silence());
  }
  const url = await serve.listen();
  opened.add(() => {
    listening = false;
    return serve.end(config.drain);
  });
  opened.add(await alongside(url, admin.url));
  listening = true;
  active.begin();
  const names = active.ruled().map(({ name }) => name);
  logStart(log, names, { edge: url, admin: admin.url, store: store?.place.address.base ?? null, workers });
  return {
    url,
    adminUrl: admin.url,
    buckets: active.ruled,
    cache,
    refresh: () => refreshLoaded(cache, active.opened()),
    replace: (configs, all = null) => active.replace(configs, all),
    roll: serve.roll,
    log,
    retire: () => {
      ending = true;
    },
    close: loggedClose(log, { drain: config.drain }, () => {
      ending = true;
      return opened.close();
    }),
  };
}

interface ServeOptions {
  readonly log: Logger;
  readonly spelt: Spelt;
  readonly metrics: Metrics;
  readonly refusals: Refusals;
  readonly cache: RulesCache;
  readonly workers: number;
  readonly env: NonNullable<StartOptions['env']>;
  readonly register: Register | null;
}

/** Serves clients by worker processes if there are several, and in this process otherwise. */
function openServe(
  config: Config,
  { log, spelt, metrics, refusals, cache, workers, env, register }: ServeOptions,
): Serve {
  const edgeId = randomBytes(4).toString('hex');
  if (workers > 1)
    return serveByWorkers({
      config,
      spelt,
      workers,
      cache,
      log,
      edgeId,
      env,
      register,
      metrics,
      onRefusals: refusals.add,
    });
  const front = openFront(config, {
    log,
    observe: [metrics.observe, observeRefusals(refusals)],
    underway: metrics.underway.of,
    countClosed: metrics.countClosed,
    edgeId,
    workers,
    spelt,
    certificate: () => certificateOf(config, log),
  });
  return serveHere(front, cache, accessMeans(env, register), log);
}

/** How clients reach the edge. Rejects with a start fault. */
async function exposureOf(
  { host, port, socket, ownHosts }: Pick<Config, 'host' | 'port' | 'socket' | 'ownHosts'>,
  spelt: Spelt,
): Promise<Exposure> {
  const reach = socket === null ? await reached({ host, port }, spelt) : 'socket';
  return { reach, address: `${spelt.host} ${host}`, names: [host, ...(ownHosts ?? [])] };
}

const nothingAlongside = async () => async () => {};
