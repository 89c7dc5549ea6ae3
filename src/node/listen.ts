import cluster from 'node:cluster';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { EdgeEnv } from '../edge/app.ts';
import { createDrain } from './drain.ts';
import { openExchange } from './exchange.ts';
import { readHead } from './head.ts';
import { limitIdle } from './idle.ts';
import { inTurn, refuseUnparsed, turnedAway } from './linger.ts';
import type { Pools } from './pools.ts';
import { type ClientTimeouts, type Handler, plainServer, secureServer } from './server.ts';
import { claimSocket, openToGroup } from './socket.ts';
import './tick.ts';
import type { Certificate } from './tls.ts';

/** Idle is longer than the bucket's own limits, which end in a proper answer; 65 s outlives a load balancer's 60. */
export const TIMEOUTS: ClientTimeouts = { headers: 30_000, idle: 90_000, keepAlive: 65_000 };

/** An address of this machine, or the path of a Unix socket. */
export type Where = { readonly host: string; readonly port: number } | { readonly socket: string };

export interface ListenOptions {
  /** Serves HTTPS, by HTTP/2 or HTTP/1.1 as the client likes. */
  readonly certificate?: Certificate | undefined;
  readonly timeouts?: ClientTimeouts | undefined;
}

export interface Listening {
  /** `http://127.0.0.1:8080`: the address as a client on this machine reaches it; `http://unix:/path` for a socket. */
  readonly url: string;
  readonly server: Server;
  /** Stops accepting, lets what is in flight finish for at most `limit` milliseconds, then cuts it off; null: never. */
  close(limit: number | null): Promise<void>;
}

/** Serves a plain Hono app, admin say. The globals stay Node's own. */
export const appListener = (app: Hono) => getRequestListener(app.fetch, { overrideGlobalObjects: false });

/** The edge works on the exchange alone: Hono is given the same Request for all. */
const FORMAL = new Request('http://edge/');

/** Serves the edge: every request goes to the app of the moment, with an exchange beside it. */
export function edgeListener(app: () => Hono<EdgeEnv>, pools: Pools) {
  const serve: Handler = (incoming, outgoing) => {
    const head = readHead(incoming);
    if (turnedAway(incoming, outgoing, head)) return;
    const exchange = openExchange(incoming, outgoing, head, pools);
    const served = app().fetch(FORMAL, { exchange });
    // The app answers its own errors; where even that fails there is nothing more to say.
    if (served instanceof Promise) served.catch(() => outgoing.destroy());
  };
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (outgoing.socket === null) inTurn(incoming, outgoing, serve);
    else serve(incoming, outgoing);
  };
}

/** Opens a server. Rejects with Node's own error, `EADDRINUSE` say, and for a socket as `claimSocket` does. */
export async function listen(
  handler: Handler,
  where: Where,
  { certificate, timeouts = TIMEOUTS }: ListenOptions = {},
): Promise<Listening> {
  const serve: Handler = (incoming, outgoing) => {
    drain.note(outgoing);
    handler(incoming, outgoing);
  };
  const { server, sessions } =
    certificate === undefined ? plainServer(timeouts) : secureServer(certificate, timeouts, handler);
  const drain = createDrain(server, sessions);
  limitIdle(server, timeouts.idle);
  // An expectation, known to Node or not, is the app's to answer, as any other request.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, serve);
  server.on('clientError', refuseUnparsed);
  await open(server, where);
  const followed = certificate?.follow(server as Http2SecureServer);
  return {
    url: urlOf(certificate === undefined ? 'http' : 'https', server.address()),
    server,
    close: async (limit) => {
      await drain.close(limit);
      followed?.close();
    },
  };
}

async function open(server: Server, where: Where): Promise<void> {
  const socket = 'socket' in where ? where.socket : null;
  // A worker shares what its primary has claimed.
  if (socket !== null && !cluster.isWorker) await claimSocket(socket);
  await new Promise<void>((resolve, reject) => {
    // It stays: a connection that cannot be accepted later is an error too, and no end of the others.
    server.on('error', reject);
    if ('socket' in where) server.listen(where.socket, resolve);
    else server.listen(where.port, where.host, resolve);
  });
  if (socket !== null) openToGroup(socket);
}

function urlOf(scheme: string, at: string | AddressInfo | null): string {
  // As nginx writes it.
  if (at === null || typeof at === 'string') return `${scheme}://unix:${at}`;
  const { address, port, family } = at;
  const host =
    address === '0.0.0.0' || address === '::' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `${scheme}://${host}:${port}`;
}
