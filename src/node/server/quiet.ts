import type { Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Connection } from './abort.ts';

/** Checks of a connection within its time limit. */
const CHECKS = 12;

/** Which connections have to make progress. */
export interface Quiet {
  /** Whether the limit applies to a connection now. */
  readonly applies: (connection: Connection) => boolean;
  /** A number that changes when the connection makes progress. */
  readonly progress: (connection: Connection) => number;
  /** Called for a connection without progress for the whole limit, and after each further one: `times` in a row. */
  readonly late: (connection: Connection, times: number) => void;
}

/** What a check has found. */
interface Seen {
  progress: number;
  /** Checks since the limit was first found to apply, with this progress. */
  unchanged: number;
}

/**
 * Watches the HTTP/1.1 connections of a server for progress. Node's own timeouts set a timer for each read and write;
 * this compares numbers, twelve times within the limit, so `late` is called after the limit, and at most a twelfth of it
 * later. It counts checks and reads no clock: if the process stalls, no connection seems late for that time. Call it
 * before the server listens.
 */
export function watchQuiet(server: Server, limit: number, { applies, progress, late }: Quiet): void {
  const connections = new Map<Connection, Seen>();
  const follow = (socket: Connection): void => {
    // HTTP/2 connections have their own limits (h2-sessions.ts, h2-timer.ts).
    if ((socket as Partial<TLSSocket>).alpnProtocol === 'h2') return;
    connections.set(socket, { progress: Number.NaN, unchanged: 0 });
    socket.once('close', () => connections.delete(socket));
  };
  const check = (): void => {
    for (const [connection, seen] of connections) {
      const now = applies(connection) ? progress(connection) : Number.NaN;
      seen.unchanged = now === seen.progress ? seen.unchanged + 1 : 0;
      seen.progress = now;
      if (seen.unchanged > 0 && seen.unchanged % CHECKS === 0) late(connection, seen.unchanged / CHECKS);
    }
  };
  const isSecure = 'ALPNProtocols' in server;
  server.on(isSecure ? 'secureConnection' : 'connection', follow);
  const checking = setInterval(check, Math.ceil(limit / CHECKS)).unref();
  server.once('close', () => clearInterval(checking));
}
