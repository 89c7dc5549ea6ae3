import type { LookupFunction } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { Address, Ask, Connections } from './call.ts';
import { type Connection, type ConnectionOptions, openConnection } from './connection.ts';
import { type Place, placeOf } from './dial.ts';

export interface ConnectionsOptions {
  /** Milliseconds for which a connection is used. New ones look the name up again, so DNS changes take effect. */
  readonly life: number;
  /** Most addresses with open connections; the least recently used is closed beyond that. */
  readonly addresses: number;
  readonly lookup?: LookupFunction | undefined;
}

/** Milliseconds between two sweeps of idle connections. */
const SWEEP = 1_000;
/** Seconds that an idle connection stays open unless the bucket says how long it waits: most servers wait longer. */
const IDLE = 4;
/** The most, whatever the bucket says. */
const MAX_IDLE = 600;
/** Seconds by which the edge ends a connection before the bucket does. */
const BEFORE = 1;
const MAX_SESSIONS = 1_000;

/** The connections to one address. */
interface Endpoint {
  readonly ask: Ask;
  /** Ends connections that have been idle for their time. False if none is idle any more. */
  sweep(now: number): boolean;
  /** Ends the idle connections at once, and the others after their responses. */
  retire(): void;
}

interface Idle {
  readonly connection: Connection;
  /** The number of the sweep that ends it. */
  readonly until: number;
}

/** Opens connections to addresses: HTTP/1.1, one request at a time on each. */
export function createConnections({ life, addresses, lookup }: ConnectionsOptions): Connections {
  const sessions = new LRUCache<string, Buffer>({ max: MAX_SESSIONS });
  const open = new Set<Connection>();
  const resting = new Set<Endpoint>();
  let sweeps = 0;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const whenEmpty: (() => void)[] = [];

  function sweep(): void {
    sweeps += 1;
    for (const endpoint of resting) if (!endpoint.sweep(sweeps)) resting.delete(endpoint);
    if (resting.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  /** The connection that was used last is used first, so that the others can end. */
  function openEndpoint(place: Place): Endpoint {
    const idles: Idle[] = [];
    let isRetired = isClosed;
    const options: ConnectionOptions = {
      sessions,
      lookup,
      idle: (connection, seconds) => {
        const rest = seconds === null ? IDLE : Math.min(seconds - BEFORE, MAX_IDLE);
        if (isRetired || rest <= 0) return connection.end();
        idles.push({ connection, until: sweeps + rest });
        resting.add(endpoint);
        timer ??= setInterval(sweep, SWEEP).unref();
      },
      closed: (connection) => {
        open.delete(connection);
        const at = idles.findIndex((one) => one.connection === connection);
        if (at >= 0) idles.splice(at, 1);
        if (open.size === 0) for (const resolve of whenEmpty.splice(0)) resolve();
      },
    };
    const make = (): Connection => {
      const made = openConnection(place, options);
      open.add(made);
      return made;
    };
    const take = (): Connection => {
      for (let last = idles.pop(); last !== undefined; last = idles.pop()) {
        const { connection } = last;
        if (connection.isOpen() && performance.now() - connection.madeAt <= life) return connection;
        connection.end();
      }
      return make();
    };
    const endAll = (ended: readonly Idle[]): void => {
      for (const { connection } of ended) connection.end();
    };
    const endpoint: Endpoint = {
      ask: (call, receiver) => (call.isRetry === true ? make() : take()).carry(call, receiver),
      sweep: (now) => {
        // The oldest are not always the first to end: a bucket may say another time with each response.
        endAll(idles.filter(({ until }) => until <= now));
        const staying = idles.filter(({ until }) => until > now);
        idles.splice(0, idles.length, ...staying);
        return idles.length > 0;
      },
      retire: () => {
        isRetired = true;
        endAll(idles.splice(0));
      },
    };
    return endpoint;
  }

  /** The one that was used last: most edges have one bucket. */
  let recent: { readonly address: Address; readonly endpoint: Endpoint } | null = null;
  const endpoints = new LRUCache<string, Endpoint>({
    max: addresses,
    dispose: (endpoint) => {
      if (recent?.endpoint === endpoint) recent = null;
      endpoint.retire();
    },
  });
  return {
    at: (address) => {
      if (recent?.address === address) return recent.endpoint.ask;
      const key = `${address.connectLimit} ${address.servername} ${address.base}`;
      let endpoint = endpoints.get(key);
      if (endpoint === undefined) {
        endpoint = openEndpoint(placeOf(address));
        endpoints.set(key, endpoint);
      }
      recent = { address, endpoint };
      return endpoint.ask;
    },
    close: () => {
      isClosed = true;
      endpoints.clear();
      clearInterval(timer);
      return new Promise((resolve) => {
        if (open.size === 0) resolve();
        else whenEmpty.push(resolve);
      });
    },
  };
}
