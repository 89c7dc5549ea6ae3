import type { Server, Socket } from 'node:net';
import { abort } from './abort.ts';
import { clientKey, UNKNOWN } from './client-key.ts';
import { shareOf } from './fair-share.ts';

/** What was closed at the bound: a connection without a request, one with a request under way, or the new one. */
export type Closed = 'idle' | 'busy' | 'new';

export interface CrowdLimits {
  /** Connections of all clients together. */
  readonly most: number;
  /** The percentage of them beyond which one client loses busy ones to others too; 0: it never does. */
  readonly share: () => number;
  /** Called with the client whose connection was closed. */
  readonly onClose: (closed: Closed, client: string) => void;
}

/**
 * Bounds a port for the operator, admin or the demo page: its connections are among the files that `open-files.ts`
 * reserves. Scrapers, probes and a few browsers need less.
 */
export const OPERATOR_CROWD: CrowdLimits = { most: 32, share: () => 50, onClose: () => {} };

/** Clients that are searched for a connection without a request: those with the most connections. */
const SEARCHED = 8;
/** Connections of one client that a search looks at. */
const LOOKED_AT = 100;

/** The connections of one client. */
interface Own {
  readonly client: string;
  /** By age, the oldest first. */
  readonly byAge: Set<Socket>;
  /** In the order in which searches look at them. */
  readonly bySearch: Set<Socket>;
}

/**
 * Bounds the connections of clients. At the bound the client with the most gives up a connection without a request.
 * If it has none, and more than its share, it gives up its oldest one to another client. Otherwise other large clients
 * are searched for one without a request, but none that has fewer connections than the new one's client. If
 * that fails, the new connection is closed. `isIdle` says whether a connection, the inner one with TLS, has no request
 * under way.
 */
export function boundCrowd(
  server: Server,
  isIdle: (connection: Socket) => boolean,
  { most, share, onClose }: CrowdLimits,
): void {
  const clients = new Map<string, Own>();
  const innerOf = pairTls(server);
  let open = 0;

  function remove(socket: Socket, own: Own): void {
    if (!own.byAge.delete(socket)) return;
    own.bySearch.delete(socket);
    open -= 1;
    if (own.byAge.size === 0) clients.delete(own.client);
  }

  function close(socket: Socket, own: Own, closed: Closed): void {
    remove(socket, own);
    abort(socket);
    onClose(closed, own.client);
  }

  function closeIdle(own: Own): boolean {
    let left = LOOKED_AT;
    for (const socket of own.bySearch) {
      if (isIdle(innerOf(socket))) {
        close(socket, own, 'idle');
        return true;
      }
      left -= 1;
      if (own.bySearch.size > LOOKED_AT) {
        // To the end, so that the next search looks at others.
        own.bySearch.delete(socket);
        own.bySearch.add(socket);
      }
      if (left === 0) return false;
    }
    return false;
  }

  function closeBusy(own: Own): boolean {
    const [oldest] = own.byAge;
    if (oldest === undefined) return false;
    close(oldest, own, 'busy');
    return true;
  }

  function makeRoom(client: string): boolean {
    const [biggest, ...others] = largest(clients.values(), SEARCHED);
    if (biggest === undefined) return false;
    if (closeIdle(biggest)) return true;
    const isOver = biggest.client !== UNKNOWN && biggest.byAge.size > shareOf(most, share());
    if (isOver && biggest.client !== client) return closeBusy(biggest);
    const size = clients.get(client)?.byAge.size ?? 0;
    return others.some((own) => own.byAge.size >= size && closeIdle(own));
  }

  server.on('connection', (socket: Socket) => {
    const client = clientKey(socket.remoteAddress);
    if (open >= most && !makeRoom(client)) {
      socket.destroy();
      onClose('new', client);
      return;
    }
    const own = clients.get(client) ?? { client, byAge: new Set(), bySearch: new Set() };
    clients.set(client, own);
    own.byAge.add(socket);
    own.bySearch.add(socket);
    open += 1;
    socket.once('close', () => remove(socket, own));
  });
}

/** Node's TLS sockets have the connection that carries them; its types do not declare it. */
type Inner = Socket & { readonly _parent?: Socket };

/** Returns the TLS connection that runs over a connection, or the connection itself. */
function pairTls(server: Server): (outer: Socket) => Socket {
  const inner = new WeakMap<Socket, Socket>();
  server.on('secureConnection', (socket: Inner) => {
    if (socket._parent !== undefined) inner.set(socket._parent, socket);
  });
  return (outer) => inner.get(outer) ?? outer;
}

/** The clients with the most connections, the largest first. */
function largest(clients: Iterable<Own>, count: number): Own[] {
  const found: Own[] = [];
  for (const own of clients) {
    const least = found[count - 1];
    if (least !== undefined && least.byAge.size >= own.byAge.size) continue;
    const at = found.findIndex(({ byAge }) => byAge.size < own.byAge.size);
    found.splice(at === -1 ? found.length : at, 0, own);
    found.length = Math.min(found.length, count);
  }
  return found;
}
