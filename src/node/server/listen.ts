import cluster from 'node:cluster';
import type { Server as HttpServer } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { IDLE_TIMEOUT, REQUEST_LIMITS, type RequestLimits } from '../../bucket/limits.ts';
import { type Connection, watchHttp10 } from './abort.ts';
import { boundCrowd, type CrowdLimits } from './crowd.ts';
import { isAhead, originalOf } from './direct/ahead.ts';
import { serveDirectly } from './direct/connection.ts';
import { createDrain, type Drained } from './drain.ts';
import { type ClientTimeouts, type Handler, plainServer, secureServer } from './http-server.ts';
import { limitIdle } from './idle.ts';
import { hintKeepAlive, limitKeepAlive } from './keep-alive.ts';
import { refuseUnparsed } from './linger.ts';
import { checkHeads } from './send-head.ts';
import { claimSocket, openToGroup } from './unix-socket.ts';
import './tick.ts';
import type { Certificate } from './certificate.ts';

/** The timeouts of clients, given the milliseconds that a transfer may make no progress. */
export const clientTimeouts = (idle: number): ClientTimeouts => ({
  headers: 30_000,
  // Longer than the transfer's own limit, which ends in an error response.
  idle: 1.5 * idle,
  // Longer than the usual 60 s of load balancers, so that they close first.
  keepAlive: 65_000,
});

export const TIMEOUTS: ClientTimeouts = clientTimeouts(IDLE_TIMEOUT);

/** An address of this machine, or the path of a Unix socket. */
export type Where = { readonly host: string; readonly port: number } | { readonly socket: string };

export interface ListenOptions {
  /** Serves HTTPS, with HTTP/2 or HTTP/1.1 as the client chooses. */
  readonly certificate?: Certificate | undefined;
  readonly timeouts?: ClientTimeouts | undefined;
  /** The app's limits: the parser accepts more, so that the app can answer. */
  readonly limits?: RequestLimits | undefined;
  /** The bound on connections; without it there is no bound. */
  readonly crowd?: CrowdLimits | undefined;
  /**
   * The handler reads `rawHeaders` only, never `headers`, reads a body only if the head announces one, and uses what
   * `DirectResponse` has of a response. Then each request costs less.
   */
  readonly readsRawHeaders?: boolean | undefined;
  /** Called when the last connection has closed. */
  readonly onDrained?: (drained: Drained) => void;
}

export interface Listening {
  /** `http://127.0.0.1:8080`: the address as a client on this machine reaches it; `http://unix:/path` for a socket. */
  readonly url: string;
  readonly server: Server;
  /** Stops accepting, and aborts what is still in flight after `limit` milliseconds; with null it aborts nothing. */
  close(limit: number | null): Promise<void>;
  /** After `close`: closes connections without a request at once, and every other one after its response. */
  closeIdle(): void;
}

/** Opens a server. Rejects with Node's own error, `EADDRINUSE` for example; for a socket as `claimSocket` does. */
export async function listen(
  handler: Handler,
  where: Where,
  {
    certificate,
    timeouts = TIMEOUTS,
    limits = REQUEST_LIMITS,
    crowd,
    readsRawHeaders = false,
    onDrained = () => {},
  }: ListenOptions = {},
): Promise<Listening> {
  const isLean = readsRawHeaders && (await checkHeads());
  const serve: Handler = (incoming, outgoing) => {
    if (isAhead(incoming.socket)) return;
    if (isLean) hintKeepAlive(outgoing, timeouts.keepAlive);
    drain.note(outgoing);
    watchHttp10(incoming, outgoing);
    handler(incoming, outgoing);
  };
  const { server, sessions } =
    certificate === undefined
      ? plainServer(timeouts, limits, isLean)
      : secureServer(certificate, timeouts, limits, isLean, handler);
  // A direct request is of HTTP/1.1, and its response knows how long the connection stays open.
  const serveDirect: Handler = (incoming, outgoing) => {
    drain.note(outgoing);
    handler(incoming, outgoing);
  };
  if (isLean && certificate === undefined)
    serveDirectly(server as HttpServer, {
      handler: serveDirect,
      keepAlive: timeouts.keepAlive,
      first: timeouts.headers,
    });
  const drain = createDrain(server, sessions);
  limitIdle(server, timeouts.idle);
  if (isLean) limitKeepAlive(server, timeouts.keepAlive);
  const isIdle = (connection: Connection): boolean =>
    !connection._httpMessage && !sessions.isBusy(connection);
  if (crowd !== undefined) boundCrowd(server, isIdle, crowd);
  // The app answers requests with an Expect header as well, whether Node knows the expectation or not.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, serve);
  server.on('clientError', (error, connection) => refuseUnparsed(error, originalOf(connection)));
  await open(server, where);
  const followed = certificate?.follow(server as Http2SecureServer);
  return {
    url: urlOf(certificate === undefined ? 'http' : 'https', server.address()),
    server,
    close: async (limit) => {
      onDrained(await drain.close(limit));
      followed?.close();
    },
    closeIdle: drain.closeIdle,
  };
}

async function open(server: Server, where: Where): Promise<void> {
  const socket = 'socket' in where ? where.socket : null;
  // A worker process shares the socket that its primary has claimed.
  if (socket !== null && !cluster.isWorker) await claimSocket(socket);
  await new Promise<void>((resolve, reject) => {
    // The listener stays: a connection that cannot be accepted later emits `error`, which must not end the process.
    server.on('error', reject);
    if ('socket' in where) server.listen(where.socket, resolve);
    else server.listen(where.port, where.host, resolve);
  });
  if (socket !== null) openToGroup(socket);
}

function urlOf(scheme: string, at: string | AddressInfo | null): string {
  // In nginx's notation.
  if (at === null || typeof at === 'string') return `${scheme}://unix:${at}`;
  const { address, port, family } = at;
  const host =
    address === '0.0.0.0' || address === '::' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `${scheme}://${host}:${port}`;
}
