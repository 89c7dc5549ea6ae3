import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } from './h2-errors.ts';
import type { StreamHead } from './h2-stream.ts';

/** The HTTP/2 connections of one server. */
export interface Sessions {
  /**
   * Sends GOAWAY on all connections, later ones included; open streams continue. A stream that the client opened before
   * it received the GOAWAY is not served, and the frame says that the client may repeat it (RFC 9113 §8.7).
   */
  retire(): void;
  /** Ends all connections with an error, so that no partial response looks whole; false without a connection. */
  cut(): boolean;
  /** The number of open streams. */
  streams(): number;
  /** Whether a connection has an open stream; false for an HTTP/1.1 connection. */
  isBusy(socket: Socket): boolean;
}

export interface SessionOptions {
  /** Milliseconds that a connection without a stream stays open. */
  readonly keepAlive: number;
  readonly serve: (head: StreamHead, socket: TLSSocket) => void;
}

/** Receive window of a connection in bytes; Node's 64 KB would limit uploads over long round trips. */
const WINDOW = 1024 * 1024;
/** Milliseconds for a client to close a connection that the session has ended. */
const CLOSE_LIMIT = 1_000;

/** Streams that a client may reset at once, and per second. A browser that leaves a page resets about a hundred. */
const RESETS = 500;
const RESETS_PER_SECOND = 30;

/** Serves the streams of a server. */
export function serveSessions(server: Http2SecureServer, options: SessionOptions): Sessions {
  const open = new Map<ServerHttp2Session, Served>();
  const bySocket = new WeakMap<Socket, Served>();
  let retiring = false;
  let newest: TLSSocket | undefined;
  // Node's own listener for this event creates the session, and emits it without its socket.
  server.prependListener('secureConnection', (socket) => {
    newest = socket;
  });
  server.on('session', (session) => {
    if (newest === undefined) return;
    const served = serveSession(session, newest, options);
    open.set(session, served);
    bySocket.set(newest, served);
    session.once('close', () => open.delete(session));
    if (retiring) served.retire();
  });
  return {
    retire: () => {
      retiring = true;
      for (const { retire } of open.values()) retire();
    },
    cut: () => {
      for (const session of open.keys())
        session.destroy(new Error('the server is ending'), NGHTTP2_INTERNAL_ERROR);
      return open.size > 0;
    },
    streams: () => [...open.values()].reduce((sum, served) => sum + served.streams(), 0),
    isBusy: (socket) => (bySocket.get(socket)?.streams() ?? 0) > 0,
  };
}

interface Served {
  readonly retire: () => void;
  readonly streams: () => number;
}

function serveSession(
  session: ServerHttp2Session,
  socket: TLSSocket,
  { keepAlive, serve }: SessionOptions,
): Served {
  let streams = 0;
  const mayReset = allowance(RESETS, RESETS_PER_SECOND);
  let timer: NodeJS.Timeout | undefined;

  function startTimer(): void {
    if (streams > 0 || socket.destroyed) return;
    clearTimeout(timer);
    // A client that reads nothing more would otherwise leave an ended connection open.
    timer = session.closed ? setTimeout(() => socket.destroy(), CLOSE_LIMIT) : setTimeout(end, keepAlive);
  }

  /** Accepts no new stream; the connection closes after its last one. */
  function end(): void {
    if (session.closed || session.destroyed) return;
    session.close();
    startTimer();
  }

  // Pings restart Node's timeout, so that a client could extend it without a limit. Each stream has its own.
  session.setTimeout(0);
  session.setLocalWindowSize(WINDOW);
  session.on('stream', (stream, headers, _flags, raw) => {
    clearTimeout(timer);
    streams += 1;
    stream.once('close', () => {
      streams -= 1;
      // Each reset stream has cost the bucket a request (CVE-2023-44487). nghttp2's own limit only stops replying.
      if (stream.rstCode !== NGHTTP2_NO_ERROR && !mayReset()) socket.destroy();
      startTimer();
    });
    serve({ stream, headers, raw }, socket);
  });
  socket.once('close', () => clearTimeout(timer));
  startTimer();
  return { retire: end, streams: () => streams };
}

/** Token bucket: true for a burst of up to `most` calls, and for `perSecond` calls per second in the long run. */
function allowance(most: number, perSecond: number): () => boolean {
  let left = most;
  let last = performance.now();
  return () => {
    const now = performance.now();
    left = Math.min(most, left + ((now - last) / 1000) * perSecond) - 1;
    last = now;
    return left >= 0;
  };
}
