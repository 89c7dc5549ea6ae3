import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from '../config/read.ts';
import { observeRefusals } from '../edge/refusals.ts';
import type { RulesCache } from '../rules/cache.ts';
import type { Refusals } from '../rules/refusals.ts';
import type { Register } from '../rules/register.ts';
import { reached } from './admin-port.ts';
import { accessMeans } from './buckets/access-means.ts';
import type { Exposure } from './buckets/open.ts';
import { certificateOf, openFront } from './frontend.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Spelt } from './server/listen-fault.ts';
import { type Serve, serveHere } from './single-process.ts';

export interface ServeOptions {
  readonly log: Logger;
  readonly spelt: Spelt;
  readonly metrics: Metrics;
  readonly refusals: Refusals;
  readonly cache: RulesCache;
  readonly workers: number;
  /** The variables with keys. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly register: Register | null;
}

/** Serves clients by worker processes if there are several, and in this process otherwise. */
export async function openServe(
  config: Config,
  { log, spelt, metrics, refusals, cache, workers, env, register }: ServeOptions,
): Promise<Serve> {
  const edgeId = randomBytes(4).toString('hex');
  if (workers > 1) {
    const { serveByWorkers } = await import('./cluster/primary.ts');
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
  }
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
export async function exposureOf(
  { host, port, socket, ownHosts }: Pick<Config, 'host' | 'port' | 'socket' | 'ownHosts'>,
  spelt: Spelt,
): Promise<Exposure> {
  const reach = socket === null ? await reached({ host, port }, spelt) : 'socket';
  return { reach, address: `${spelt.host} ${host}`, names: [host, ...(ownHosts ?? [])] };
}
