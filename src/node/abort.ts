import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A connection of Node's HTTP/1.1 server, with the answer that is under way on it. */
export type Connection = Socket & {
  readonly _httpMessage?: (ServerResponse & { readonly req: IncomingMessage }) | null;
  /** Within TLS, the connection of TCP. */
  readonly _parent?: Socket | null;
};

/**
 * Ends a connection at once. An answer to HTTP/1.0 may end with its connection (RFC 9112 §6.3): closed as usual, a part
 * of it would look whole, over TLS too, as Node sends the closing alert whenever it closes. So TCP is reset. A Unix
 * socket has no reset; `endsUnseen` is for those.
 */
export function abort(connection: Connection): void {
  const answer = connection._httpMessage;
  if (answer?.headersSent && isOld(answer.req)) reset(connection._parent ?? connection);
  connection.destroy();
}

function reset(socket: Socket): void {
  // Without an address it is a Unix socket, or has gone already.
  if (socket.remoteAddress !== undefined) socket.resetAndDestroy();
}

/** Whether the client could not tell a part of an answer without a length from the whole. */
export const endsUnseen = (incoming: IncomingMessage): boolean =>
  isOld(incoming) && incoming.socket.remoteAddress === undefined;

const isOld = ({ httpVersion }: IncomingMessage): boolean => httpVersion === '1.0';

/** Connections with a client of HTTP/1.0. */
const old = new Set<Connection>();

/** Sees to the ends of a connection that Node brings about itself; for every request. */
export function guardEnd(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (!isOld(incoming)) return;
  // Node sends chunks to a client that accepts them by TE; HTTP/1.0 has none (RFC 9112 §6.1).
  outgoing.useChunkedEncodingByDefault = false;
  const socket: Connection = incoming.socket;
  if (old.has(socket)) return;
  if (old.size === 0) process.on('exit', abortOld);
  old.add(socket);
  // Before Node's own listener, which ends the connection in the midst of an answer.
  socket.prependOnceListener('end', () => {
    if (socket._httpMessage?.writableEnded === false) abort(socket);
  });
  socket.once('close', () => {
    old.delete(socket);
    if (old.size === 0) process.off('exit', abortOld);
  });
}

/** Resets what answers are under way to HTTP/1.0, before this process ends and its system closes all connections. */
export function abortOld(): void {
  for (const socket of old) abort(socket);
}
