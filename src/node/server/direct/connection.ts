import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { CR, LF } from '../../../bucket/octets.ts';
import type { Connection } from '../abort.ts';
import type { Handler } from '../http-server.ts';
import { watchQuiet } from '../quiet.ts';
import { type Ahead, openAhead } from './ahead.ts';
import { readRequest } from './read-request.ts';
import { DirectRequest } from './request.ts';
import { DirectResponse, type Wire } from './response.ts';

/** How the requests of direct connections are served. */
export interface Direct {
  readonly handler: Handler;
  /** Milliseconds that a connection stays open between requests. */
  readonly keepAlive: number;
  /** Milliseconds until a connection has to bring its first request. */
  readonly first: number;
}

/** The connections that the edge reads itself. */
const direct = new WeakSet<object>();

/** Whether the edge reads and writes a connection itself, without Node's HTTP server. */
export const isDirect = (connection: object): boolean => direct.has(connection);

/** Whether a direct connection has no request. */
export const isIdleDirect = (connection: Connection): boolean =>
  isDirect(connection) && connection._httpMessage == null;

/**
 * Lets the edge read the connections of a server itself, and write its responses, as long as each request is one that
 * `readRequest` reads, and comes after the response to the one before. Node's server would make more objects for it
 * (docs/decisions/0018-own-transport.md). Any other bytes, empty lines apart, make the connection Node's for good, from these
 * bytes on. Call it before the server listens, and before other listeners for `connection` are added.
 */
export function serveDirectly(server: Server, { handler, keepAlive, first }: Direct): void {
  const listeners = server.listeners('connection');
  server.removeAllListeners('connection');
  const serveByNode = (connection: Duplex): void => {
    for (const listener of listeners) listener.call(server, connection);
  };
  server.on('connection', (socket: Connection) => {
    direct.add(socket);
    follow(socket, { handler, keepAlive, serveByNode });
  });
  watchQuiet(server, first, {
    applies: (socket) => isIdleDirect(socket) && socket.bytesWritten === 0,
    progress: () => 0,
    late: (socket) => server.emit('clientError', new LateError(), socket),
  });
}

/** As Node's own. */
class LateError extends Error {
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT';
}

interface Port {
  readonly handler: Handler;
  readonly keepAlive: number;
  readonly serveByNode: (connection: Duplex) => void;
}

/** Whether bytes are nothing but ends of lines. */
function isEmpty(bytes: Buffer): boolean {
  let at = 0;
  while (bytes[at] === CR || bytes[at] === LF) at += 1;
  return at === bytes.length;
}

/** The response that is under way; the field has Node's name, so that all else knows one form of connection. */
type Open = Omit<Connection, '_httpMessage'> & { _httpMessage: DirectResponse | null };

function follow(connection: Connection, { handler, keepAlive, serveByNode }: Port): void {
  const socket = connection as unknown as Open;
  socket._httpMessage = null;
  let ahead: Ahead | null = null;

  const take = (bytes: Buffer): void => {
    // It had its last response (RFC 9112 §9.6).
    if (!connection.writable) return;
    // As Node does before a request: an empty line begins none, so no time runs for it (RFC 9112 §2.2).
    if (ahead === null && isEmpty(bytes)) return;
    if (socket._httpMessage !== null) {
      ahead ??= openAhead(connection, serveByNode);
      ahead.take(bytes);
      return;
    }
    const read = readRequest(bytes);
    if (read === null) {
      leave(bytes);
      return;
    }
    const request = new DirectRequest(read, connection);
    const response = new DirectResponse(request, wire);
    socket._httpMessage = response;
    handler(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  };

  const flushed = (error?: Error | null): void => {
    const response = socket._httpMessage;
    if (error || response === null) return;
    response.writableFinished = true;
    socket._httpMessage = null;
    if (!response.shouldKeepAlive) connection.destroySoon();
    // What was refused meanwhile, or comes from a client that has ended its side, is not served.
    else if (ahead !== null && connection.writable) leave(ahead.end());
    response.emit('close');
  };
  const wire: Wire = { socket: connection, keepAlive, flushed };

  const drained = (): void => {
    socket._httpMessage?.emit('drain');
  };
  // As Node does: a client that ends its side has gone.
  const ended = (): void => {
    connection.end();
  };
  const closed = (): void => {
    ahead?.end();
    const response = socket._httpMessage;
    if (response === null) return;
    socket._httpMessage = null;
    response.destroyed = true;
    response.emit('close');
  };

  // `close` follows.
  const failed = (): void => {};

  const leave = (bytes: Buffer): void => {
    connection
      .off('data', take)
      .off('drain', drained)
      .off('end', ended)
      .off('close', closed)
      .off('error', failed);
    direct.delete(connection);
    serveByNode(connection);
    connection.resume();
    connection.unshift(bytes);
  };
  connection.on('data', take).on('drain', drained).on('end', ended).on('close', closed).on('error', failed);
}
