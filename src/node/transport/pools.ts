import { isIP, type LookupFunction } from 'node:net';
import { LRUCache } from 'lru-cache';
import { buildConnector, Pool } from 'undici';
import { BUCKET_TIMEOUTS, CLIENT_SHARE, IDLE_TIMEOUT, LEAST_RATE } from '../../bucket/limits.ts';
import type { Address, Destination } from '../../bucket/transport.ts';
import { createGate, type Gate, type GateLimits } from './gate.ts';

/** The way to one bucket. */
export interface Line {
  /** Connections to its address; they are made when they are needed. */
  pool(): Pool;
  /** Before them, one for each bucket, also where several are at one address. */
  readonly gate: Gate;
  /** The name that TLS asks for and checks, whatever the Host header says. */
  readonly servername: string;
  readonly timeouts: LineTimeouts;
}

/** Gives the line to a bucket. */
export type Pools = (to: Destination) => Line;

/** Milliseconds that requests to one bucket may take. */
export interface LineTimeouts {
  /** Until the bucket begins its answer. */
  readonly head: number;
  /** Without a byte of a download, or of what a client uploads. */
  readonly idle: number;
  /** Without a byte that the bucket takes of an upload. */
  readonly upload: number;
}

export interface PoolsOptions {
  /** Milliseconds that a transfer may stand still. */
  readonly idle?: number;
  /** Milliseconds that a bucket may take no byte of an upload. */
  readonly upload?: number;
  /** What one bucket may have under way. */
  readonly limits?: GateLimits;
  /** Milliseconds that connections are used, though they work on: the address of their name is looked up again then. */
  readonly connectionsLife?: number;
  readonly lookup?: LookupFunction;
  /** Called when a transfer is ended for the sake of others, with its bucket, its client, and what that has under way. */
  readonly onEnd?: (bucket: string, client: string, passing: number) => void;
}

/**
 * Milliseconds that a bucket may take no byte of an upload. A system reports nothing before a third of its send buffer
 * is free, which may be a megabyte: at 1 KB/s that takes so long.
 */
const UPLOAD_TIMEOUT = 1_200_000;
/** Milliseconds a request may wait for another one to end. */
const QUEUE_WAIT = 10_000;
const CONNECTIONS_LIFE = 120_000;
const MAX_HEAD_BYTES = 64 * 1024;
/** Addresses with connections at once; the one asked least recently gives its own up. */
const ADDRESSES = 1_000;

/** What one bucket may have under way, unless configured. */
export const LIMITS: GateLimits = {
  connections: 256,
  queue: 512,
  wait: QUEUE_WAIT,
  share: CLIENT_SHARE,
  leastRate: LEAST_RATE,
};

/**
 * Makes one pool for each address asked lately, and for each limit on connecting to it: a pool has one. `close` ends
 * idle connections and waits for requests in flight.
 */
export function createPools({
  idle = IDLE_TIMEOUT,
  upload = Math.max(UPLOAD_TIMEOUT, idle),
  limits = LIMITS,
  connectionsLife = CONNECTIONS_LIFE,
  lookup,
  onEnd = () => {},
}: PoolsOptions = {}): { pools: Pools; close(): Promise<void> } {
  const closing = new Set<Promise<void>>();
  const retire = (pool: Pool): void => {
    const closed = pool.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const byAddress = new LRUCache<string, Pool>({ max: ADDRESSES, ttl: connectionsLife, dispose: retire });
  const lines = new WeakMap<Destination, Line>();
  // By name, so that a bucket keeps its own when its configuration is read anew.
  const gates = new LRUCache<string, Gate>({ max: ADDRESSES });
  const gateAt = ({ base, host, path }: Address): Gate => {
    const name = `${base} ${host}${path}`;
    const known = gates.get(name);
    if (known !== undefined) return known;
    const gate = createGate(limits, (client, passing) => onEnd(`${host}${path}`, client, passing));
    gates.set(name, gate);
    return gate;
  };
  const poolAt = (base: string, connect: number): Pool => {
    const key = `${connect} ${base}`;
    const known = byAddress.get(key);
    if (known !== undefined) return known;
    const pool = new Pool(base, {
      // The gates bound them.
      connections: null,
      connect: connectorFor(connect, lookup),
      allowH2: false,
      bodyTimeout: idle,
      maxHeaderSize: MAX_HEAD_BYTES,
      // A bucket answers with whatever status it likes; what a body means is the client's business.
      strictContentLength: false,
    });
    byAddress.set(key, pool);
    return pool;
  };
  const pools: Pools = (to) => {
    const known = lines.get(to);
    if (known !== undefined) return known;
    const { base, host } = to.address;
    const { connect, head } = to.timeouts ?? BUCKET_TIMEOUTS;
    const gate = gateAt(to.address);
    const line: Line = {
      pool: () => poolAt(base, connect),
      gate,
      servername: nameOf(host),
      timeouts: { head, idle, upload },
    };
    lines.set(to, line);
    return line;
  };
  const close = async () => {
    byAddress.clear();
    await Promise.all(closing);
  };
  return { pools, close };
}

/** A host without its port. */
const nameOf = (host: string): string => {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
};

/** What a reset by the bucket is called from here on. */
export const RESET_BY_BUCKET = 'RESET_BY_BUCKET';

/** TLS cannot ask for an IP address (RFC 6066 §3); Node then checks the certificate against the address by itself. */
const named = (options: buildConnector.Options): buildConnector.Options =>
  isIP(options.servername?.replace(/^\[|\]$/g, '') ?? '') === 0 ? options : { ...options, servername: '' };

/**
 * undici takes ECONNRESET for the end of a body that has no length. It is none: the rest is missing, and
 * the client must not take it for whole (promise 3). So the error gets another code before undici sees it.
 */
function connectorFor(timeout: number, lookup?: LookupFunction): buildConnector.connector {
  // Over HTTP/2 undici gives no raw headers: their order, case and repetition would be lost.
  const connect = buildConnector({ timeout, allowH2: false, ...(lookup && { lookup }) });
  return (options, callback) =>
    connect(named(options), (...connected) => {
      connected[1]?.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET') error.code = RESET_BY_BUCKET;
        Object.assign(error, { socket: connected[1] });
      });
      callback(...connected);
    });
}
