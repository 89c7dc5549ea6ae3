import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer, type SecureServerOptions } from 'node:http2';
import type { RequestLimits } from '../../bucket/limits.ts';
import type { Certificate } from './certificate.ts';
import { type Sessions, serveSessions } from './h2-sessions.ts';
import { openStream } from './h2-stream.ts';

export type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** How long clients may take, in milliseconds. */
export interface ClientTimeouts {
  /** For a request's line and headers, and before them for TLS. */
  readonly headers: number;
  /** Without a byte either way while the edge waits for the client. */
  readonly idle: number;
  /** Between requests. */
  readonly keepAlive: number;
}

/** A server that listens to nobody yet. */
export interface Unopened {
  readonly server: Server | Http2SecureServer;
  /** Its connections of HTTP/2. */
  readonly sessions: Sessions;
}

/**
 * Bytes that the parser reads beyond the edge's own limits: what is longer than those gets an answer in XML, and what
 * the parser refuses a bare 431.
 */
const PARSER_ROOM = 40 * 1024;
/** Node looks for requests that are too slow now and then; it may be late by a sixth of their time. */
const LOOKS = 6;

const HTTP2: SecureServerOptions = {
  allowHTTP1: true,
  settings: {
    /** As many as browsers ask for at most; each may hold a connection to a bucket. */
    maxConcurrentStreams: 128,
    /** Bytes that a client may send ahead on one stream. */
    initialWindowSize: 256 * 1024,
  },
  // The limit is one of bytes; Node's own of 128 lines is less than many a browser's cookies take.
  maxHeaderListPairs: 2_000,
  // More than a faulty client's few slips are an attack. Floods of pings and settings end a connection by limits
  // that nghttp2 has of its own.
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  // Node would drop a field whose value begins or ends with a blank and serve the request; openStream resets its stream.
  strictFieldWhitespaceValidation: false,
  // What a bucket says twice is passed on twice, as by HTTP/1.1.
  strictSingleValueFields: false,
};

const NONE: Sessions = { retire: () => {}, cut: () => false, isBusy: () => false };

export function plainServer(timeouts: ClientTimeouts, request: RequestLimits): Unopened {
  const limits = limitsOf(timeouts, request);
  return { server: Object.assign(createServer(limits), limits), sessions: NONE };
}

/** Speaks HTTP/2 and, with clients that don't, HTTP/1.1; streams go to `handler` as requests of HTTP/1.1 would. */
export function secureServer(
  { context }: Certificate,
  timeouts: ClientTimeouts,
  request: RequestLimits,
  handler: Handler,
): Unopened {
  const limits = limitsOf(timeouts, request);
  const server = createSecureServer({
    ...HTTP2,
    ...limits,
    ...context,
    settings: { ...HTTP2.settings, maxHeaderListSize: limits.maxHeaderSize },
    handshakeTimeout: timeouts.headers,
  });
  // Node's layer of HTTP/1.1 over HTTP/2 comes with the first listener for requests; see openStream for why not.
  server.removeAllListeners('newListener');
  // Node would hand these to whoever answers requests that can't be parsed, in the middle of a handshake.
  server.removeAllListeners('tlsClientError').on('tlsClientError', (_error, socket) => socket.destroy());
  const sessions = serveSessions(server, {
    keepAlive: timeouts.keepAlive,
    serve: (head, { remoteAddress, remotePort }) => {
      const exchange = openStream(head, { remoteAddress, remotePort }, timeouts.idle);
      if (exchange !== null) handler(exchange.incoming, exchange.outgoing);
    },
  });
  return { server: Object.assign(server, limits), sessions };
}

const limitsOf = ({ headers, keepAlive }: ClientTimeouts, request: RequestLimits) => ({
  maxHeaderSize: request.target + request.headers + PARSER_ROOM,
  // Node's own answer would let the next request on the connection through.
  requireHostHeader: false,
  // Node's own is 2,000, and what is beyond it is dropped without a word.
  maxHeadersCount: 0,
  headersTimeout: headers,
  connectionsCheckingInterval: Math.ceil(headers / LOOKS),
  // An upload may take as long as it moves; the idle limit ends one that doesn't.
  requestTimeout: 0,
  keepAliveTimeout: keepAlive,
});
