import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A connection of Node's HTTP/1.1 server, with the answer that is under way on it. */
export type Connection = Socket & {
  readonly _httpMessage?: (ServerResponse & { readonly req: IncomingMessage }) | null;
};

/**
 * Ends a connection at once. An answer to HTTP/1.0 may end with its connection (RFC 9112 §6.3): a part of it would look
 * whole, if the connection were closed as usual. So it is reset, where a client can see that.
 */
export function abort(connection: Connection): void {
  const answer = connection._httpMessage;
  if (answer?.headersSent && isHttp10(answer.req) && showsReset(connection)) connection.resetAndDestroy();
  else connection.destroy();
}

/** A Unix socket has no reset. Over TLS nginx, for one, takes whatever ends a connection for its proper end. */
const showsReset = (socket: Socket): boolean =>
  socket.remoteAddress !== undefined && !('encrypted' in socket);

/** Whether the client could not distinguish a part of an answer without a length from the whole. */
export const endsUnseen = (incoming: IncomingMessage): boolean =>
  isHttp10(incoming) && !showsReset(incoming.socket);

const isHttp10 = ({ httpVersion }: IncomingMessage): boolean => httpVersion === '1.0';

/** Connections that have brought a request of HTTP/1.0. */
const http10 = new Set<Connection>();

/** Call it for every request: it aborts a connection of HTTP/1.0 where Node or the system would close it as usual. */
export function watchHttp10(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (!isHttp10(incoming)) return;
  // Node would send chunks to a client that lists them in TE; HTTP/1.0 has none (RFC 9112 §6.1).
  outgoing.useChunkedEncodingByDefault = false;
  const socket: Connection = incoming.socket;
  if (http10.has(socket)) return;
  if (http10.size === 0) process.on('exit', abortHttp10);
  http10.add(socket);
  // A client has closed its side: Node's own listener, which comes next, would close the other amid an answer.
  socket.prependOnceListener('end', () => {
    if (socket._httpMessage?.writableEnded === false) abort(socket);
  });
  socket.once('close', () => {
    http10.delete(socket);
    if (http10.size === 0) process.off('exit', abortHttp10);
  });
}

/** Aborts the connections of HTTP/1.0; call it before a process ends, as its system closes what is left. */
export function abortHttp10(): void {
  for (const socket of http10) abort(socket);
}
