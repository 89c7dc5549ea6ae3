import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Hono } from 'hono';
import type { EdgeEnv } from '../edge/app.ts';
import { openExchange } from './exchange.ts';
import type { Pools } from './pools.ts';

/** The parser refuses more than this with a bare 431, before the edge's own limit of 16 KB could be told in XML. */
const PARSER_HEADER_BYTES = 64 * 1024;
/** Milliseconds for a client to send a request's headers. */
const HEADERS_TIMEOUT = 30_000;
/** Milliseconds without a byte either way, longer than the bucket's own limits, which end in a proper answer. */
const SOCKET_IDLE = 90_000;
const KEEP_ALIVE = 65_000;
/** How often a server that is ending looks for connections with nothing more to do. */
const IDLE_CHECK = 50;

export interface Listening {
  /** `http://127.0.0.1:8080`: the address as a client on this machine reaches it. */
  readonly url: string;
  readonly server: Server;
  /** Stops accepting, lets what is in flight finish for at most `limit` milliseconds, then cuts it off. */
  close(limit: number): Promise<void>;
}

/** Serves a plain Hono app, admin say. The globals stay Node's own. */
export const appListener = (app: Hono) => getRequestListener(app.fetch, { overrideGlobalObjects: false });

/** Serves the edge: every request goes to the app of the moment, with an exchange beside it. */
export function edgeListener(app: () => Hono<EdgeEnv>, pools: Pools) {
  const targets = new WeakMap<IncomingMessage, string>();
  const listener = getRequestListener(
    (request, { incoming, outgoing }) => {
      const node = { incoming: incoming as IncomingMessage, outgoing: outgoing as ServerResponse };
      const exchange = openExchange(node.incoming, node.outgoing, targets.get(node.incoming) ?? '/', pools);
      const response = app().fetch(request, { exchange });
      // Hono makes a new Response for HEAD, which would hide that the exchange has answered already.
      return response instanceof Promise ? response.then(() => RESPONSE_ALREADY_SENT) : RESPONSE_ALREADY_SENT;
    },
    // The rim drains and cleans up itself.
    { autoCleanupIncoming: false, overrideGlobalObjects: false },
  );
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    // The Request is made for Hono only. What it would refuse or normalise in a target or a Host header is
    // the edge's to answer, from the raw values.
    targets.set(incoming, incoming.url ?? '/');
    incoming.url = '/';
    incoming.headers.host = 'edge';
    void listener(incoming, outgoing);
  };
}

/** Opens a server. Rejects with Node's own error, `EADDRINUSE` say. */
export async function listen(
  handler: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
  host: string,
  port: number,
): Promise<Listening> {
  const unused = new Set<Socket>();
  const server = createServer(
    {
      maxHeaderSize: PARSER_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT,
      // An upload may take as long as it moves; the idle limit ends one that doesn't.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE,
    },
    (incoming, outgoing) => {
      unused.delete(incoming.socket);
      handler(incoming, outgoing);
    },
  );
  server.setTimeout(SOCKET_IDLE);
  // An expectation that Node does not know is the app's to answer, as any other request.
  server.on('checkExpectation', handler);
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    url: urlOf(server.address() as AddressInfo),
    server,
    close: (limit) => closeServer(server, unused, limit),
  };
}

function urlOf({ address, port, family }: AddressInfo): string {
  const host =
    address === '0.0.0.0' || address === '::' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}

async function closeServer(server: Server, unused: ReadonlySet<Socket>, limit: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), limit);
  // A browser opens connections to spare; Node counts one as busy until its first request.
  for (const socket of unused) socket.destroy();
  // A connection whose last answer ends during the drain is kept alive otherwise.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(cut);
  clearInterval(idle);
}
