import { isIP, type LookupFunction } from 'node:net';
import { LRUCache } from 'lru-cache';
import { buildConnector, Pool } from 'undici';
import { BUCKET_TIMEOUTS, CLIENT_SHARE, IDLE_TIMEOUT, LEAST_RATE } from '../../bucket/limits.ts';
import type { Address, Destination } from '../../bucket/transport.ts';
import type { TransportName } from '../../config/options/operation.ts';
import { within } from '../../rules/within.ts';
import { MAX_ADDRESSES } from '../server/open-files.ts';
import { createGate, type Gate, type GateLimits } from './gate.ts';

/** The route to one bucket. */
export interface Line {
  /** The connections to its address, made on demand. */
  pool(): Pool;
  /** Limits the requests to this bucket, also if several buckets share one address. */
  readonly gate: Gate;
  /** The name for SNI and for the check of the certificate, whatever the Host header is. */
  readonly servername: string;
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
  /** What carries requests to buckets. */
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
const MAX_HEAD_BYTES = 64 * 1024;

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

/**
 * Makes one pool for each address in use and each connect timeout, since a pool has one connect timeout. `close` ends
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
  const byAddress = new LRUCache<string, Pool>({ max: MAX_ADDRESSES, ttl: connectionsLife, dispose: retire });
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
  const poolAt = (base: string, connect: number): Pool => {
    const key = `${connect} ${base}`;
    const known = byAddress.get(key);
    if (known !== undefined) return known;
    const pool = new Pool(base, {
      // The gates limit them.
      connections: null,
      connect: connectorFor(connect, lookup),
      allowH2: false,
      bodyTimeout: idle,
      maxHeaderSize: MAX_HEAD_BYTES,
      // Node's parser has checked the request's Content-Length, and the edge passes it on unchanged.
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

/**
 * Closes pools when no client is served any more. Never rejects, and waits for 1 second at most: a connection attempt
 * cannot be cancelled, and may take as long as `--bucket-connect-timeout` allows.
 */
export const closeSoon = (close: () => Promise<void>): Promise<void> =>
  within(CLOSE_LIMIT, close()).catch(() => {});

/** A host without its port. */
const nameOf = (host: string): string => {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
};

/** The code that replaces ECONNRESET in errors of a connection to a bucket. */
export const RESET_BY_BUCKET = 'RESET_BY_BUCKET';

/** SNI has no IP addresses (RFC 6066 §3). Node checks the certificate against the address without it. */
const named = (options: buildConnector.Options): buildConnector.Options =>
  isIP(options.servername?.replace(/^\[|\]$/g, '') ?? '') === 0 ? options : { ...options, servername: '' };

/**
 * undici takes ECONNRESET for the end of a body without a length. The rest of the body is missing, and the client must
 * not take it for complete (promise 3), so the error gets another code before undici sees it.
 */
function connectorFor(timeout: number, lookup?: LookupFunction): buildConnector.connector {
  // Over HTTP/2 undici passes no raw headers: their order, case and repetition would be lost.
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
