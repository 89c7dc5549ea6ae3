import type { Logger } from 'pino';
import type { Config } from '../config/read.ts';
import { createEdge } from '../edge/app.ts';
import { requestLog } from '../edge/log.ts';
import type { Observe } from '../edge/observe.ts';
import type { Bucket } from '../edge/route.ts';
import type { Counts } from './metrics/counts.ts';
import { type Certificate, openCertificate } from './server/certificate.ts';
import type { Closed, CrowdLimits } from './server/crowd.ts';
import { clientTimeouts, type Listening } from './server/listen.ts';
import { listenOr, type Spelt } from './server/listen-fault.ts';
import { clientsOf, openFilesLimit } from './server/open-files.ts';
import { messageOf } from './system-error.ts';
import { edgeListener } from './transport/exchange.ts';
import type { GateLimits } from './transport/gate.ts';
import { createPools, LIMITS } from './transport/pools.ts';

export interface FrontOptions {
  readonly log: Logger;
  readonly observe: Observe;
  readonly countClosed: Counts['countClosed'];
  /** The same in all processes of one edge. */
  readonly edgeId: string;
  /** How many processes have a front like this one: each has a part of what a bucket may have under way. */
  readonly workers: number;
  /** Where its address and port come from, for start faults. */
  readonly spelt: Spelt;
  /** Called when it is about to listen; rejects with a start fault. */
  readonly certificate: () => Promise<Certificate | undefined>;
}

/** What clients meet. A single process has one, and so does every worker. */
export interface Front {
  /** Serves these from the next request on; throws when two of them claim the same place. */
  serve(buckets: readonly Bucket[]): void;
  /** Rejects with a start fault. */
  listen(): Promise<Listening>;
  /** Ends the connections to buckets; requests in flight come first. */
  close(): Promise<void>;
}

export function openFront(
  config: Config,
  { log, observe, countClosed, edgeId, workers, spelt, certificate }: FrontOptions,
): Front {
  const { connections, queue, clientShare: share, leastRate, idleTimeout: idle } = config;
  const limits = { target: config.maxUrl, headers: config.maxHeaders };
  const { pools, close } = createPools({
    idle,
    limits: partOf({ ...LIMITS, connections, queue, share, leastRate }, workers),
    onEnd: seldom((bucket, client, requests) =>
      log.warn(
        { bucket, client, requests },
        'a client address has more than its share of the bucket while others wait: its slow transfers are ended',
      ),
    ),
  });
  const observers = [observe, requestLog(log)];
  const appFor = (buckets: readonly Bucket[]) =>
    createEdge({
      buckets,
      observe: (event) => {
        for (const observe of observers) observe(event);
      },
      onError: (error) => log.error({ err: messageOf(error) }, 'the edge failed on a request'),
      edgeId,
      debugReason: config.debugReason,
      limits,
    });
  let app = appFor([]);
  // The address of a proxy is that of many clients.
  let areProxies = false;
  const crowd: CrowdLimits = {
    ...crowdOf(config, workers, log, countClosed),
    share: () => (areProxies ? 0 : share),
  };
  return {
    serve: (buckets) => {
      app = appFor(buckets);
      areProxies = buckets.some(({ trustForwarded }) => trustForwarded);
    },
    listen: async () =>
      listenOr(
        edgeListener(() => app, pools),
        config.socket === null ? { host: config.host, port: config.port } : { socket: config.socket },
        spelt,
        { certificate: await certificate(), timeouts: clientTimeouts(idle), limits, crowd },
      ),
    close,
  };
}

/** What clients may have open. */
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
      'clients have as many connections as they may: some are closed',
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

/** Milliseconds between two log lines of one kind that clients can cause. */
const SELDOM = 60_000;

/** Calls at most once in a while, so that clients can't fill the log. */
export function seldom<A extends readonly unknown[]>(call: (...given: A) => void): (...given: A) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (...given) => {
    const now = performance.now();
    if (now - last < SELDOM) return;
    last = now;
    call(...given);
  };
}

/** The part of each of so many processes: never no connection, nor no queue where one is wanted. */
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
  return cert === null || key === null ? undefined : openCertificate({ cert, key }, log);
}
