import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A connection of HTTP/1.1, with private fields of Node; on a direct connection the edge itself sets `_httpMessage`. */
export type Connection = Socket & {
  /** The response that is under way on it. */
  readonly _httpMessage?: (ServerResponse & { readonly req: IncomingMessage }) | null;
  /** `writeQueueSize`: bytes that Node has passed on and the system has not taken yet. */
  readonly _handle?: { readonly writeQueueSize?: number } | null;
};

/**
 * Ends a connection at once. A response to HTTP/1.0 may end with its connection (RFC 9112 §6.3), so an orderly close
 * would make a part of it look whole: the connection is reset instead if the client can see a reset.
 */
export function abort(connection: Connection): void {
  const response = connection._httpMessage;
  if (response?.headersSent && isHttp10(response.req) && showsReset(connection)) connection.resetAndDestroy();
  else connection.destroy();
}

/** A Unix socket has no reset. Over TLS some clients, nginx among them, take a reset for an orderly end. */
const showsReset = (socket: Socket): boolean =>
  socket.remoteAddress !== undefined && !('encrypted' in socket);

/** Whether the client could not distinguish a part of a response without a length from the whole. */
export const endsUnseen = (incoming: IncomingMessage): boolean =>
  isHttp10(incoming) && !showsReset(incoming.socket);

const isHttp10 = ({ httpVersion }: IncomingMessage): boolean => httpVersion === '1.0';

/** Open connections with an HTTP/1.0 request. */
const http10 = new Set<Connection>();

/** Call it for every request: it aborts an HTTP/1.0 connection where Node or the system would close it in order. */
export function watchHttp10(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (!isHttp10(incoming)) return;
  // Node sends chunks to a client that lists them in TE, but HTTP/1.0 has no chunks (RFC 9112 §6.1).
  outgoing.useChunkedEncodingByDefault = false;
  const socket: Connection = incoming.socket;
  if (http10.has(socket)) return;
  if (http10.size === 0) process.on('exit', abortHttp10);
  http10.add(socket);
  // The client has closed its side. Node's own listener runs next and would close ours in the middle of a response.
  socket.prependOnceListener('end', () => {
    if (socket._httpMessage?.writableEnded === false) abort(socket);
  });
  socket.once('close', () => {
    http10.delete(socket);
    if (http10.size === 0) process.off('exit', abortHttp10);
  });
}

/** Aborts all HTTP/1.0 connections. Call it before the process ends: the system closes open connections in order. */
export function abortHttp10(): void {
  for (const socket of http10) abort(socket);
}
