import type { Logger } from 'pino';
import type { Config } from '../config/read.ts';
import { createEdge } from '../edge/app.ts';
import { requestLog } from '../edge/log.ts';
import type { Observe } from '../edge/observe.ts';
import type { Bucket } from '../edge/route.ts';
import type { GateLimits } from './gate.ts';
import { edgeListener, type Listening } from './listen.ts';
import { createPools, LIMITS, type PoolTimeouts } from './pools.ts';
import { listenOr, messageOf } from './port.ts';
import { type Certificate, openCertificate } from './tls.ts';

export interface FrontOptions {
  readonly log: Logger;
  readonly observe: Observe;
  /** The same in all processes of one edge. */
  readonly edgeId: string;
  readonly timeouts?: PoolTimeouts | undefined;
  /** How many processes have a front like this one: each has a part of what a bucket may have under way. */
  readonly workers: number;
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
  config: Pick<Config, 'host' | 'port' | 'socket' | 'debugReason' | 'connections' | 'queue'>,
  { log, observe, edgeId, timeouts, workers, certificate }: FrontOptions,
): Front {
  const { pools, close } = createPools(
    timeouts,
    partOf({ ...LIMITS, connections: config.connections, queue: config.queue }, workers),
  );
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
    });
  let app = appFor([]);
  return {
    serve: (buckets) => {
      app = appFor(buckets);
    },
    listen: async () =>
      listenOr(
        edgeListener(() => app, pools),
        config.socket === null ? { host: config.host, port: config.port } : { socket: config.socket },
        '--port',
        { certificate: await certificate() },
      ),
    close,
  };
}

/** The part of each of so many processes: never no connection, nor no queue where one is wanted. */
export const partOf = ({ connections, queue, wait }: GateLimits, workers: number): GateLimits => ({
  connections: Math.max(1, Math.floor(connections / workers)),
  queue: Math.ceil(queue / workers),
  wait,
});

/** Opens the configured certificate, if there is one. Rejects with a start fault. */
export async function certificateOf(
  { tlsCert: cert, tlsKey: key }: Pick<Config, 'tlsCert' | 'tlsKey'>,
  log: Logger,
): Promise<Certificate | undefined> {
  return cert === null || key === null ? undefined : openCertificate({ cert, key }, log);
}
