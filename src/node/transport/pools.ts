import type { LookupFunction } from 'node:net';
import { LRUCache } from 'lru-cache';
import { BUCKET_TIMEOUTS, CLIENT_SHARE, IDLE_TIMEOUT, LEAST_RATE } from '../../bucket/limits.ts';
import type { Address, Destination } from '../../bucket/transport.ts';
import type { TransportName } from '../../config/options/operation.ts';
import { within } from '../../rules/within.ts';
import type { Ask } from '../http1/call.ts';
import { createConnections } from '../http1/connections.ts';
import { MAX_ADDRESSES } from '../server/open-files.ts';
import { createGate, type Gate, type GateLimits } from './gate.ts';
import { createUndiciPools } from './undici.ts';

/** The route to one bucket. */
export interface Line {
  /** Sends a request over a connection to its address. */
  readonly ask: Ask;
  /** Limits the requests to this bucket, also if several buckets share one address. */
  readonly gate: Gate;
  readonly timeouts: LineTimeouts;
}

/** Returns the route to a bucket. */
export type Pools = (to: Destination) => Line;

/** Milliseconds that requests to one bucket may take. */
export interface LineTimeouts {
  /** Until the bucket begins its response. */
  readonly head: number;
  /** Without a byte of a download from the bucket, or of an upload from the client. */
  readonly idle: number;
  /** In which the bucket takes no byte of an upload. */
  readonly upload: number;
}

export interface PoolsOptions {
  /** Milliseconds without a byte after which a transfer fails. */
  readonly idle?: number;
  /** Milliseconds after which an upload fails if the bucket takes no byte of it. */
  readonly upload?: number;
  /** Limits for each bucket. */
  readonly limits?: GateLimits;
  /** Milliseconds for which a connection is used. New connections look the name up again, so DNS changes take effect. */
  readonly connectionsLife?: number;
  readonly lookup?: LookupFunction;
  /** What carries requests to buckets: `own` unless given. */
  readonly transport?: TransportName;
  /** Called when a transfer is ended because others wait, with its bucket, its client and that client's requests. */
  readonly onEnd?: (bucket: string, client: string, passing: number) => void;
}

/**
 * Milliseconds. The system reports progress only when a third of its send buffer is free, which may be a megabyte: at
 * 1 KB/s that takes 17 minutes.
 */
const UPLOAD_TIMEOUT = 1_200_000;
/** Milliseconds that a request may wait for a place. */
const QUEUE_WAIT = 10_000;
const CONNECTIONS_LIFE = 120_000;

/** Milliseconds that the end of an edge waits for pools to close. */
const CLOSE_LIMIT = 1_000;

/** The limits for each bucket, unless configured. */
export const LIMITS: GateLimits = {
  connections: 256,
  queue: 512,
  wait: QUEUE_WAIT,
  share: CLIENT_SHARE,
  leastRate: LEAST_RATE,
};

/** Opens the routes to buckets. `close` ends idle connections and waits for requests in flight. */
export function createPools({
  idle = IDLE_TIMEOUT,
  upload = Math.max(UPLOAD_TIMEOUT, idle),
  limits = LIMITS,
  connectionsLife = CONNECTIONS_LIFE,
  lookup,
  transport = 'own',
  onEnd = () => {},
}: PoolsOptions = {}): { pools: Pools; close(): Promise<void> } {
  const connect = transport === 'undici' ? createUndiciPools : createConnections;
  const connections = connect({ life: connectionsLife, addresses: MAX_ADDRESSES, lookup });
  const lines = new WeakMap<Destination, Line>();
  // By name, so that a bucket has the same gate after its configuration is reloaded.
  const gates = new LRUCache<string, Gate>({ max: MAX_ADDRESSES });
  const gateAt = ({ base, host, path }: Address): Gate => {
    const name = `${base} ${host}${path}`;
    const known = gates.get(name);
    if (known !== undefined) return known;
    const gate = createGate(limits, (client, passing) => onEnd(`${host}${path}`, client, passing));
    gates.set(name, gate);
    return gate;
  };
  const pools: Pools = (to) => {
    const known = lines.get(to);
    if (known !== undefined) return known;
    const { base, host } = to.address;
    const { connect: connectLimit, head } = to.timeouts ?? BUCKET_TIMEOUTS;
    const gate = gateAt(to.address);
    const address = { base, servername: nameOf(host), connectLimit };
    const line: Line = {
      ask: (call, receiver) => connections.at(address)(call, receiver),
      gate,
      timeouts: { head, idle, upload },
    };
    lines.set(to, line);
    return line;
  };
  return { pools, close: connections.close };
}

/** Closes pools when no client is served any more. Never rejects, and waits for 1 second at most. */
export const closeSoon = (close: () => Promise<void>): Promise<void> =>
  within(CLOSE_LIMIT, close()).catch(() => {});

/** A host without its port. */
const nameOf = (host: string): string => {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
};
