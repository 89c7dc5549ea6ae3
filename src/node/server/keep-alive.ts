import type { ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { abort, type Connection } from './abort.ts';

/** Checks of a connection within its time limit. */
const CHECKS = 12;

/** What a check has found. */
interface Seen {
  bytes: number;
  /** Checks since the connection was first found without a request and with these bytes. */
  unchanged: number;
}

/** Whether a connection has had a response, and waits for its next request; `headersTimeout` limits the wait for the first. */
export const isBetweenRequests = ({ _httpMessage: response, bytesWritten }: Connection): boolean =>
  !response && bytesWritten > 0;

/**
 * Closes HTTP/1.1 connections that bring no byte for `limit` milliseconds after a response. Node's own
 * `keepAliveTimeout` sets a timer twice for each request; this compares, twelve times within the limit, how many bytes a
 * connection has brought. So a connection is closed after the limit, and at most a twelfth of it later. It counts checks
 * and reads no clock: if the process stalls, no connection seems idle for that time. Call it before the server listens.
 */
export function limitKeepAlive(server: Server, limit: number): void {
  const connections = new Map<Connection, Seen>();
  const follow = (socket: Connection): void => {
    // HTTP/2 connections have their own limit (h2-sessions.ts).
    if ((socket as Partial<TLSSocket>).alpnProtocol === 'h2') return;
    connections.set(socket, { bytes: -1, unchanged: 0 });
    socket.once('close', () => connections.delete(socket));
  };
  const check = (): void => {
    for (const [connection, seen] of connections) {
      const { bytesRead: bytes } = connection;
      const isIdle = isBetweenRequests(connection);
      if (!isIdle || bytes !== seen.bytes) {
        seen.bytes = isIdle ? bytes : -1;
        seen.unchanged = 0;
      } else {
        seen.unchanged += 1;
        if (seen.unchanged >= CHECKS) abort(connection);
      }
    }
  };
  const isSecure = 'ALPNProtocols' in server;
  server.on(isSecure ? 'secureConnection' : 'connection', follow);
  const checking = setInterval(check, Math.ceil(limit / CHECKS)).unref();
  server.once('close', () => clearInterval(checking));
}

/** Lets a response name the limit (`Keep-Alive: timeout=65`), as Node's own timeout would. */
export function hintKeepAlive(outgoing: ServerResponse, limit: number): void {
  // A field of Node, checked by `rendersAsNode`.
  (outgoing as { _keepAliveTimeout?: number })._keepAliveTimeout = limit;
}
