import { LRUCache } from 'lru-cache';
import { buildConnector, Pool } from 'undici';
import type { Address } from '../bucket/transport.ts';

/** Gives the connections to one bucket's address; they are made at the first request. */
export type Pools = (address: Address) => Pool;

/** Milliseconds a bucket may take to accept a connection. */
const CONNECT_TIMEOUT = 5_000;
/** Milliseconds a bucket may take to begin its answer, or an upload may stand still. */
const HEAD_TIMEOUT = 60_000;
/** Milliseconds a download may stand still. */
const IDLE_TIMEOUT = 60_000;
/** Connections to one address at once; more requests wait for one to come free. */
const CONNECTIONS = 256;
const MAX_HEAD_BYTES = 64 * 1024;
/** Addresses with connections at once; the one asked least recently gives its own up. */
const ADDRESSES = 1_000;

export interface PoolTimeouts {
  readonly connect: number;
  readonly head: number;
  readonly idle: number;
}

const TIMEOUTS: PoolTimeouts = { connect: CONNECT_TIMEOUT, head: HEAD_TIMEOUT, idle: IDLE_TIMEOUT };

/** Keeps one pool per address, of those asked lately. `close` ends idle connections and waits for requests in flight. */
export function createPools(timeouts: PoolTimeouts = TIMEOUTS): { pools: Pools; close(): Promise<void> } {
  const closing = new Set<Promise<void>>();
  const retire = (pool: Pool): void => {
    const closed = pool.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const byBase = new LRUCache<string, Pool>({ max: ADDRESSES, dispose: retire });
  const pools: Pools = ({ base }) => {
    const known = byBase.get(base);
    if (known !== undefined) return known;
    const pool = new Pool(base, {
      connections: CONNECTIONS,
      connect: connectorFor(timeouts.connect),
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
  const close = async () => {
    byBase.clear();
    await Promise.all(closing);
  };
  return { pools, close };
}

/** What a reset by the bucket is called from here on. */
export const RESET_BY_BUCKET = 'RESET_BY_BUCKET';

/**
 * undici takes ECONNRESET for the end of a body that has no length. It is none: the rest is missing, and
 * the client must not take it for whole (promise 3). So the error gets another code before undici sees it.
 */
function connectorFor(timeout: number): buildConnector.connector {
  // Over HTTP/2 undici gives no raw headers: their order, case and repetition would be lost.
  const connect = buildConnector({ timeout, allowH2: false });
  return (options, callback) =>
    connect(options, (...connected) => {
      connected[1]?.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET') error.code = RESET_BY_BUCKET;
      });
      callback(...connected);
    });
}
