import { constants, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { StreamHead } from './h2-stream.ts';

/** Connections of HTTP/2 on one server. */
export interface Sessions {
  /**
   * Tells all clients, those of connections still to come too, to begin nothing new; what is in flight goes on. What
   * was sent before a client could know is not served, and said to be safe to send again (RFC 9113 §8.7).
   */
  retire(): void;
  /** Breaks all connections off with an error, so that no answer looks whole; false where there are none. */
  cut(): boolean;
  /** Whether a connection has a stream open; false for one that speaks no HTTP/2. */
  isBusy(socket: Socket): boolean;
}

export interface SessionOptions {
  /** Milliseconds that a connection without a stream is kept. */
  readonly keepAlive: number;
  readonly serve: (head: StreamHead, socket: TLSSocket) => void;
}

/** Bytes a client may send ahead on a connection; Node's own 64 KB would bound an upload by the way's length. */
const WINDOW = 1024 * 1024;
/** Milliseconds a client has to take what is left to be said. */
const LAST_WORDS = 1_000;

/** Streams that a client may reset at once, and more of them with each second: a page that is left resets a hundred. */
const RESETS = 500;
const RESETS_PER_SECOND = 30;

/** Serves the streams of a server. */
export function serveSessions(server: Http2SecureServer, options: SessionOptions): Sessions {
  const open = new Map<ServerHttp2Session, Served>();
  const bySocket = new WeakMap<Socket, Served>();
  let retiring = false;
  let newest: TLSSocket | undefined;
  // Node makes the session in a listener of its own, and shows it without its socket.
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
        session.destroy(new Error('cut off'), constants.NGHTTP2_INTERNAL_ERROR);
      return open.size > 0;
    },
    isBusy: (socket) => bySocket.get(socket)?.isBusy() === true,
  };
}

interface Served {
  readonly retire: () => void;
  readonly isBusy: () => boolean;
}

function serveSession(
  session: ServerHttp2Session,
  socket: TLSSocket,
  { keepAlive, serve }: SessionOptions,
): Served {
  let streams = 0;
  const mayReset = allowance(RESETS, RESETS_PER_SECOND);
  let timer: NodeJS.Timeout | undefined;

  function rest(): void {
    if (streams > 0 || socket.destroyed) return;
    clearTimeout(timer);
    // A client that takes nothing more would keep a connection that has ended for as long as its system answers.
    timer = session.closed ? setTimeout(() => socket.destroy(), LAST_WORDS) : setTimeout(end, keepAlive);
  }

  /** Takes nothing more; the connection goes when its last stream has ended. */
  function end(): void {
    if (session.closed || session.destroyed) return;
    session.close();
    rest();
  }

  // Pings would put Node's own limit off for ever; each stream has one of its own.
  session.setTimeout(0);
  session.setLocalWindowSize(WINDOW);
  session.on('stream', (stream, headers, _flags, raw) => {
    clearTimeout(timer);
    streams += 1;
    stream.once('close', () => {
      streams -= 1;
      // Each has cost the bucket a request (CVE-2023-44487). nghttp2 has a limit too, behind which it falls silent.
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR && !mayReset()) socket.destroy();
      rest();
    });
    serve({ stream, headers, raw }, socket);
  });
  socket.once('close', () => clearTimeout(timer));
  rest();
  return { retire: end, isBusy: () => streams > 0 };
}

/** True as long as it is asked no more often than `most` times at once, and `perSecond` times a second for long. */
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
