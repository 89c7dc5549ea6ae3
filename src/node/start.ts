import type { DestinationStream, Logger } from 'pino';
import type { BucketConfig } from '../config/file.ts';
import type { Config, Places } from '../config/read.ts';
import type { StoreConfig } from '../config/store.ts';
import { cut } from '../edge/log/cut.ts';
import type { RulesCache } from '../rules/cache.ts';
import { refreshLoaded } from '../rules/refresh.ts';
import type { RuledBucket } from '../rules/ruled-bucket.ts';
import { adminPort } from './admin-port.ts';
import { listenTo } from './keep/shared.ts';
import { readLivePage } from './live-page.ts';
import { createMetrics, type Metrics } from './metrics/metrics.ts';
import { createRulesText } from './metrics/rules.ts';
import { createOpened, type Opened } from './opened.ts';
import { createLog, formatFor } from './output/log.ts';
import { standardOutput } from './output/standard.ts';
import { openParts, type Parts } from './parts.ts';
import { speltBy } from './server/listen-fault.ts';
import { exposureOf } from './serving.ts';
import { settleMemory } from './settle.ts';
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
  const metrics = createMetrics(destination === undefined ? standardOutput().dropped : undefined);
  const isRegister = [...buckets, store].some((one) => one?.management === 'keep');
  const parts = await openParts(
    config,
    { log, format, warn, places, env, spelt, exposure, metrics, isRegister, buckets: buckets.length },
    opened,
  );
  const { cache, bus, serve, active, workers } = parts;
  await active.replace(buckets, store);

  const phase: Phase = { listening: false, ending: false };
  const admin = await listenForAdmin({ ...adminOf(parts, metrics, phase), page: await readLivePage() });
  opened.add(() => admin.close(0));
  // Before the first request: rules that it loads may change at once.
  if (bus !== null) {
    const silence = listenTo(bus, cache, active);
    opened.add(async () => silence());
  }
  const url = await serve.listen();
  opened.add(() => {
    phase.listening = false;
    return serve.end(config.drain);
  });
  opened.add(await alongside(url, admin.url));
  phase.listening = true;
  active.begin();
  const unsettled = settleMemory();
  opened.add(async () => unsettled());
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
      phase.ending = true;
    },
    close: loggedClose(log, { drain: config.drain }, () => {
      phase.ending = true;
      return opened.close();
    }),
  };
}

/** What an edge does, for `/readyz`. */
interface Phase {
  listening: boolean;
  ending: boolean;
}

/** What the admin port answers about. */
const adminOf = (
  { cache, bus, problems, live, serve, active }: Parts,
  metrics: Metrics,
  phase: Phase,
  rulesText = createRulesText(),
): Omit<Parameters<Awaited<ReturnType<typeof adminPort>>>[0], 'page'> => ({
  buckets: active.ruled,
  preloaded: active.preloaded,
  named: active.named,
  cache,
  listening: () => phase.listening && serve.listening(),
  ending: () => phase.ending,
  answering: serve.answering,
  problems,
  metrics: async () => {
    await serve.collect();
    return metrics.render(rulesText(active.ruled(), cache));
  },
  onRefresh: (bucket) => bus?.publish({ kind: 'refresh', bucket }),
  live,
});

const nothingAlongside = async () => async () => {};
