import type { Logger } from 'pino';
import type { Config } from '../config/read.ts';
import { createEdge } from '../edge/app.ts';
import type { Bucket } from '../edge/bucket.ts';
import { requestLog } from '../edge/log/requests.ts';
import type { Observe } from '../edge/observe.ts';
import type { Store } from '../edge/store.ts';
import type { Counts } from './metrics/counts.ts';
import type { UnderwayCounts } from './metrics/underway.ts';
import { seldom } from './seldom.ts';
import type { Certificate } from './server/certificate.ts';
import type { Closed, CrowdLimits } from './server/crowd.ts';
import { clientTimeouts, type Listening } from './server/listen.ts';
import { listenOr, type Spelt } from './server/listen-fault.ts';
import { clientsOf, openFilesLimit } from './server/open-files.ts';
import { checkHeads } from './server/send-head.ts';
import { logDrained } from './start-stop.ts';
import { messageOf } from './system-error.ts';
import { edgeListener } from './transport/exchange.ts';
import type { GateLimits } from './transport/gate.ts';
import { closeSoon, createPools, LIMITS } from './transport/pools.ts';

export interface FrontOptions {
  readonly log: Logger;
  readonly observe: readonly Observe[];
  readonly underway: UnderwayCounts['of'];
  readonly countClosed: Counts['countClosed'];
  /** Identifies the edge in Via; the same in all of its processes. */
  readonly edgeId: string;
  /** The number of processes that serve clients. They divide the limits between them. */
  readonly workers: number;
  /** Where the address and port come from, for start faults. */
  readonly spelt: Spelt;
  /** Called before it listens. Rejects with a start fault. */
  readonly certificate: () => Promise<Certificate | undefined>;
}

/** The public port and the app behind it. A single process has one, and so has each worker process. */
export interface Front {
  /** Serves these buckets, and those of the store, from the next request on. Throws if two of them have the same host and prefix. */
  serve(buckets: readonly Bucket[], store: Store | null): void;
  /** Rejects with a start fault. */
  listen(): Promise<Listening>;
  /** Ends the connections to buckets, within 1 second. Never rejects. */
  close(): Promise<void>;
}

export function openFront(
  config: Config,
  { log, observe, underway, countClosed, edgeId, workers, spelt, certificate }: FrontOptions,
): Front {
  const { connections, queue, clientShare: share, leastRate, idleTimeout: idle } = config;
  const limits = { target: config.maxUrl, headers: config.maxHeaders };
  const { pools, close } = createPools({
    transport: config.transport,
    idle,
    limits: partOf({ ...LIMITS, connections, queue, share, leastRate }, workers),
    onEnd: seldom((bucket, client, requests) =>
      log.warn(
        { bucket, client, requests },
        'a client address has more than its share of the bucket while others wait: its slow transfers are ended',
      ),
    ),
  });
  const requests = requestLog(log, {
    requests: config.logRequests,
    later: (milliseconds, run) => void setTimeout(run, milliseconds).unref(),
  });
  const observers = [...observe, requests];
  const edgeFor = (buckets: readonly Bucket[], store: Store | null) =>
    createEdge({
      buckets,
      ...(store !== null && { store }),
      observe: (event) => {
        for (const observe of observers) observe(event);
      },
      underway,
      onError: (error) => log.error({ err: messageOf(error) }, 'the edge failed on a request'),
      edgeId,
      debugReason: config.debugReason,
      limits,
    });
  let edge = edgeFor([], null);
  // A proxy's address stands for many clients.
  let areProxies = false;
  const crowd: CrowdLimits = {
    ...crowdOf(config, workers, log, countClosed),
    share: () => (areProxies ? 0 : share),
  };
  return {
    serve: (buckets, store) => {
      edge = edgeFor(buckets, store);
      const routes = store === null ? buckets : [...buckets, store.service];
      areProxies = routes.some(({ trustForwarded }) => trustForwarded);
    },
    listen: async () => {
      if (!(await checkHeads()))
        log.warn(
          { node: process.version },
          'the check of rendered heads did not pass in time on this version of Node: Node reads all requests and writes all heads, which costs more CPU time and is right',
        );
      return listenOr(
        edgeListener(() => edge, pools),
        config.socket === null ? { host: config.host, port: config.port } : { socket: config.socket },
        spelt,
        {
          certificate: await certificate(),
          timeouts: clientTimeouts(idle),
          limits,
          crowd,
          readsRawHeaders: true,
          onDrained: (drained) => logDrained(log, drained),
        },
      );
    },
    close: async () => {
      requests.flush();
      await closeSoon(close);
    },
  };
}

/** The limits on connections of clients, with their warnings. */
function crowdOf(
  { clientConnections }: Pick<Config, 'clientConnections'>,
  workers: number,
  log: Logger,
  countClosed: Counts['countClosed'],
): Omit<CrowdLimits, 'share'> {
  const most = clientsOf(clientConnections, workers, openFilesLimit());
  const warn = seldom((closed: Closed, client: string) =>
    log.warn(
      { connections: most, closed, client },
      'the limit on connections of clients is reached: some connections are closed',
    ),
  );
  return {
    most,
    onClose: (closed, client) => {
      countClosed(closed);
      warn(closed, client);
    },
  };
}

/** The limits of one of several processes: at least one connection, and one place in the queue if there is a queue. */
export const partOf = ({ connections, queue, ...limits }: GateLimits, workers: number): GateLimits => ({
  ...limits,
  connections: Math.max(1, Math.floor(connections / workers)),
  queue: Math.ceil(queue / workers),
});

/** Opens the configured certificate, if there is one. Rejects with a start fault. */
export async function certificateOf(
  { tlsCert: cert, tlsKey: key }: Pick<Config, 'tlsCert' | 'tlsKey'>,
  log: Logger,
): Promise<Certificate | undefined> {
  if (cert === null || key === null) return undefined;
  const { openCertificate } = await import('./server/certificate.ts');
  return openCertificate({ cert, key }, log);
}
