import type { ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { abort, type Connection } from './abort.ts';
import { watchQuiet } from './quiet.ts';

/**
 * Whether a connection has had a response, and waits for its next request. The wait for the first has another limit
 * (http-server.ts, direct/connection.ts).
 */
export const isBetweenRequests = ({ _httpMessage: response, bytesWritten }: Connection): boolean =>
  !response && bytesWritten > 0;

/**
 * Closes HTTP/1.1 connections that bring no byte for `limit` milliseconds after a response, in place of Node's own
 * `keepAliveTimeout`, which sets a timer twice for each request.
 */
export function limitKeepAlive(server: Server, limit: number): void {
  watchQuiet(server, limit, {
    applies: isBetweenRequests,
    progress: ({ bytesRead }) => bytesRead,
    late: abort,
  });
}

/** Lets a response name the limit (`Keep-Alive: timeout=65`), as Node's own timeout would. */
export function hintKeepAlive(outgoing: ServerResponse, limit: number): void {
  // A field of Node, checked by `rendersAsNode`.
  (outgoing as { _keepAliveTimeout?: number })._keepAliveTimeout = limit;
}
