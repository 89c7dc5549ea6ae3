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

/** Connections of one client that are looked at for one without a request: the oldest. */
const LOOKED_AT = 100;

/**
 * Bounds the connections of clients. At the bound the client with the most gives up its oldest connection without a
 * request; where it has none, a client beyond its share gives up its oldest one to another client. Otherwise the new
 * connection is closed. `isIdle` says whether a connection, the one of TLS where there is TLS, has no request under way.
 */
export function boundCrowd(
  server: Server,
  isIdle: (connection: Socket) => boolean,
  { most, share, onClose }: CrowdLimits,
): void {
  const clients = new Map<string, Set<Socket>>();
  /** Connections within TLS, by what the connection around them has in common with them. */
  const inner = new Map<string, Socket>();
  const outer = new WeakMap<Socket, Socket>();
  let open = 0;

  function remove(socket: Socket, client: string): void {
    const own = clients.get(client);
    if (own?.delete(socket) !== true) return;
    open -= 1;
    if (own.size === 0) clients.delete(client);
  }

  function close(socket: Socket, client: string, closed: Closed): void {
    remove(socket, client);
    abort(socket);
    onClose(closed, client);
  }

  function oldestIdle(own: ReadonlySet<Socket>): Socket | undefined {
    let looks = 0;
    for (const socket of own) {
      if (isIdle(outer.get(socket) ?? socket)) return socket;
      looks += 1;
      if (looks === LOOKED_AT) break;
    }
    return undefined;
  }

  function makeRoom(client: string): boolean {
    const [biggest, own] = largest(clients);
    const idle = oldestIdle(own);
    const [oldest] = own;
    const isOver = biggest !== UNKNOWN && own.size > shareOf(most, share());
    if (idle !== undefined) close(idle, biggest, 'idle');
    else if (oldest !== undefined && isOver && biggest !== client) close(oldest, biggest, 'busy');
    return open < most;
  }

  server.on('connection', (socket: Socket) => {
    const client = clientKey(socket.remoteAddress);
    if (open >= most && !makeRoom(client)) {
      socket.destroy();
      onClose('new', client);
      return;
    }
    const own = clients.get(client) ?? new Set();
    clients.set(client, own.add(socket));
    open += 1;
    const name = nameOf(socket);
    inner.set(name, socket);
    socket.once('close', () => {
      remove(socket, client);
      if (inner.get(name) === socket) inner.delete(name);
    });
  });
  server.on('secureConnection', (socket: Socket) => {
    const within = inner.get(nameOf(socket));
    if (within !== undefined) outer.set(within, socket);
  });
}

const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

function largest(clients: ReadonlyMap<string, Set<Socket>>): readonly [client: string, own: Set<Socket>] {
  let found: readonly [string, Set<Socket>] = [UNKNOWN, new Set()];
  for (const entry of clients) if (entry[1].size > found[1].size) found = entry;
  return found;
}
