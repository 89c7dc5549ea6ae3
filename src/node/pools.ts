import { isIP, type LookupFunction } from 'node:net';
import { LRUCache } from 'lru-cache';
import { buildConnector, Pool } from 'undici';
import type { Address } from '../bucket/transport.ts';
import { createGate, type Gate, type GateLimits } from './gate.ts';

/** The way to one bucket. */
export interface Line {
  /** Its address's connections; they are made when they are needed. */
  pool(): Pool;
  /** Before them, one for each bucket, also where several are at one address. */
  readonly gate: Gate;
  /** Whom TLS asks for and checks, whatever the Host header says. */
  readonly servername: string;
  readonly timeouts: PoolTimeouts;
}

/** Gives the line to a bucket. */
export type Pools = (address: Address) => Line;

/** Milliseconds a bucket may take to accept a connection. */
const CONNECT_TIMEOUT = 5_000;
/** Milliseconds a bucket may take to begin its answer, once it has been sent the request and its body. */
const HEAD_TIMEOUT = 60_000;
/** Milliseconds a download may stand still, or a client may let its upload. */
const IDLE_TIMEOUT = 60_000;
/**
 * Milliseconds a bucket may take no byte of an upload. A system tells nothing before a third of its send buffer is
 * free, which may be a megabyte: at 1 KB/s that takes so long.
 */
const UPLOAD_TIMEOUT = 1_200_000;
/** Milliseconds a request may wait for another one to end. */
const QUEUE_WAIT = 10_000;
/** Milliseconds that connections are used, though they work on: where their name points to is asked again then. */
const CONNECTIONS_LIFE = 120_000;
const MAX_HEAD_BYTES = 64 * 1024;
/** Addresses with connections at once; the one asked least recently gives its own up. */
const ADDRESSES = 1_000;

export interface PoolTimeouts {
  readonly connect: number;
  readonly head: number;
  readonly idle: number;
  /** Without a byte that the bucket takes; as `idle` where it isn't told. */
  readonly upload?: number | undefined;
}

const TIMEOUTS: PoolTimeouts = {
  connect: CONNECT_TIMEOUT,
  head: HEAD_TIMEOUT,
  idle: IDLE_TIMEOUT,
  upload: UPLOAD_TIMEOUT,
};

/** What one bucket may have under way unless it is told otherwise. */
export const LIMITS: GateLimits = { connections: 256, queue: 512, wait: QUEUE_WAIT };

/** Keeps one pool per address, of those asked lately. `close` ends idle connections and waits for requests in flight. */
export function createPools(
  timeouts: PoolTimeouts = TIMEOUTS,
  limits: GateLimits = LIMITS,
  connectionsLife = CONNECTIONS_LIFE,
  lookup?: LookupFunction,
): { pools: Pools; close(): Promise<void> } {
  const closing = new Set<Promise<void>>();
  const retire = (pool: Pool): void => {
    const closed = pool.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const byBase = new LRUCache<string, Pool>({ max: ADDRESSES, ttl: connectionsLife, dispose: retire });
  const lines = new WeakMap<Address, Line>();
  // By name, so that a bucket keeps its own when its configuration is read anew.
  const gates = new LRUCache<string, Gate>({ max: ADDRESSES });
  const gateAt = (name: string): Gate => {
    const known = gates.get(name);
    if (known !== undefined) return known;
    const gate = createGate(limits);
    gates.set(name, gate);
    return gate;
  };
  const poolAt = (base: string): Pool => {
    const known = byBase.get(base);
    if (known !== undefined) return known;
    const pool = new Pool(base, {
      // The gates bound them.
      connections: null,
      connect: connectorFor(timeouts.connect, lookup),
      allowH2: false,
      headersTimeout: timeouts.head,
      bodyTimeout: timeouts.idle,
      maxHeaderSize: MAX_HEAD_BYTES,
      // A bucket answers with whatever status it likes; what a body means is the client's business.
      strictContentLength: false,
    });
    byBase.set(base, pool);
    return pool;
  };
  const pools: Pools = (address) => {
    const known = lines.get(address);
    if (known !== undefined) return known;
    const { base, host, path } = address;
    const gate = gateAt(`${base} ${host}${path}`);
    const line: Line = { pool: () => poolAt(base), gate, servername: nameOf(host), timeouts };
    lines.set(address, line);
    return line;
  };
  const close = async () => {
    byBase.clear();
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
