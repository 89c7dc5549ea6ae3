import type { Server as HttpServer, ServerResponse } from 'node:http';
import { Server, type Socket } from 'node:net';
import { http } from '../built-in.ts';
import { abort, type Connection } from './abort.ts';
import { isIdleDirect } from './direct/connection.ts';
import type { Sessions } from './h2-sessions.ts';

/** Milliseconds to send an HTTP/2 error before the connection ends. */
const ERROR_LIMIT = 100;

/** What a server had in flight when it stopped accepting, and how much of it the limit has ended. */
export interface Drained {
  readonly inFlight: number;
  readonly ended: number;
}

/** How a server ends. */
export interface Drain {
  /** Call it for every HTTP/1.1 request: once the server is ending, the response says `Connection: close`. */
  note(outgoing: ServerResponse): void;
  /**
   * Stops accepting. An idle connection stays open until its next response or its usual timeout, so that a client that
   * is about to use it is served. After `limit` milliseconds the remaining connections are aborted. With null they end
   * by their own timeouts, of which the idle timeout of a transfer is the longest.
   */
  close(limit: number | null): Promise<Drained>;
  /** After `close`: closes connections without a request at once, and every other one after its response. */
  closeIdle(): void;
}

/** Follows the connections of a server. Call it before the server listens. */
export function createDrain(server: Server, sessions: Sessions): Drain {
  const connections = new Set<Connection>();
  let draining = false;
  const add = (socket: Socket): void => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  };
  server.on('connection', add);
  // Aborting the TLS connection ends the TCP connection below it.
  server.on('secureConnection', add);
  const countInFlight = (): number => {
    let requests = sessions.streams();
    for (const { _httpMessage: response } of connections)
      if (response && !response.writableFinished) requests += 1;
    return requests;
  };
  return {
    note: (outgoing) => {
      if (draining) outgoing.shouldKeepAlive = false;
    },
    close: async (limit) => {
      draining = true;
      const inFlight = countInFlight();
      let ended = 0;
      for (const { _httpMessage: response } of connections) {
        if (response && !response.headersSent) response.shouldKeepAlive = false;
      }
      sessions.retire();
      const destroy = (): void => {
        for (const socket of connections) abort(socket);
      };
      let cut: NodeJS.Timeout | undefined;
      const cutOff = (): void => {
        ended = countInFlight();
        if (sessions.cut()) cut = setTimeout(destroy, ERROR_LIMIT);
        else destroy();
      };
      if (limit !== null) cut = setTimeout(cutOff, limit);
      // The HTTP server's own `close` would also close idle connections, whose next request may be on its way.
      await new Promise<void>((resolve) => Server.prototype.close.call(server, () => resolve()));
      clearTimeout(cut);
      // It also stops the server's timer for slow requests.
      server.close();
      return { inFlight, ended };
    },
    closeIdle: () => {
      // Node's HTTP/2 server, which serves HTTP/1.1 too, has its connections in the same list.
      const close = (): void => http.Server.prototype.closeIdleConnections.call(server as HttpServer);
      close();
      for (const socket of connections) {
        const closeThis = (): void => {
          if (isIdleDirect(socket)) socket.destroy();
          else close();
        };
        // Its head may have been sent without `Connection: close`.
        if (socket._httpMessage) socket._httpMessage.once('close', closeThis);
        // Node counts a connection that has brought nothing yet as busy.
        else if (isIdleDirect(socket) || socket.bytesRead === 0) socket.destroy();
      }
    },
  };
}
