import { Server as HttpServer, type ServerResponse } from 'node:http';
import { Server, type Socket } from 'node:net';
import { abort, type Connection } from './abort.ts';
import type { Sessions } from './h2-sessions.ts';

/** Milliseconds for an error to be sent before its connection is gone. */
const LAST_WORDS = 100;

/** How a server ends. */
export interface Drain {
  /** Lets the answer to a request of HTTP/1.1 tell its client to go, once the server is ending. */
  note(outgoing: ServerResponse): void;
  /**
   * Stops accepting. Connections without a request stay as long as they would have, and are told to go by their next
   * answer: a client that is about to use one is served. After `limit` milliseconds whatever is left is cut off; with
   * null nothing is, and connections end by their own limits, the longest of which is for those on which nothing moves.
   */
  close(limit: number | null): Promise<void>;
  /** After `close`: closes connections without a request at once, and every other one after its response. */
  closeIdle(): void;
}

/** Keeps an eye on the connections of a server. */
export function createDrain(server: Server, sessions: Sessions): Drain {
  const connections = new Set<Connection>();
  let draining = false;
  const keep = (socket: Socket): void => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  };
  server.on('connection', keep);
  // The connection within TLS, which ends the one outside with it.
  server.on('secureConnection', keep);
  return {
    note: (outgoing) => {
      if (draining) outgoing.shouldKeepAlive = false;
    },
    close: async (limit) => {
      draining = true;
      for (const { _httpMessage: answer } of connections) {
        if (answer && !answer.headersSent) answer.shouldKeepAlive = false;
      }
      sessions.retire();
      const destroy = (): void => {
        for (const socket of connections) abort(socket);
      };
      let cut: NodeJS.Timeout | undefined;
      const cutOff = (): void => {
        if (sessions.cut()) cut = setTimeout(destroy, LAST_WORDS);
        else destroy();
      };
      if (limit !== null) cut = setTimeout(cutOff, limit);
      // Not by its own method: Node's HTTP server would close the idle ones, in the face of their next request.
      await new Promise<void>((resolve) => Server.prototype.close.call(server, () => resolve()));
      clearTimeout(cut);
      // That method ends what Node does now and then besides.
      server.close();
    },
    closeIdle: () => {
      // Node's HTTP/2 server, which serves HTTP/1.1 too, has its connections in the same list.
      const close = (): void => HttpServer.prototype.closeIdleConnections.call(server as HttpServer);
      close();
      for (const socket of connections) {
        // Its head may have been sent without `Connection: close`.
        if (socket._httpMessage) socket._httpMessage.once('close', close);
        // Node counts a connection that has brought nothing yet as busy.
        else if (socket.bytesRead === 0) socket.destroy();
      }
    },
  };
}
