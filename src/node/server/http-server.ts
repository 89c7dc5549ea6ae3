import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Http2SecureServer, SecureServerOptions } from 'node:http2';
import type { RequestLimits } from '../../bucket/limits.ts';
import { http, http2 } from '../built-in.ts';
import type { Certificate } from './certificate.ts';
import { type Sessions, serveSessions } from './h2-sessions.ts';
import { openStream } from './h2-stream.ts';
import { LEAN } from './lean-message.ts';

export type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** How long clients may take, in milliseconds. */
export interface ClientTimeouts {
  /** For the TLS handshake, and for a request's line and headers. */
  readonly headers: number;
  /** Without a byte in either direction while the edge waits for the client. */
  readonly idle: number;
  /** Between requests. */
  readonly keepAlive: number;
}

/** A server that does not listen yet. */
export interface Unopened {
  readonly server: Server | Http2SecureServer;
  /** Its HTTP/2 connections. */
  readonly sessions: Sessions;
}

/**
 * Bytes that the parser reads beyond the edge's own limits: the edge answers a longer head with an error in XML, the
 * parser only with a bare 431.
 */
const PARSER_ROOM = 40 * 1024;
/** Checks for slow requests within their time limit: each may exceed it by a sixth. */
const CHECKS = 6;

const HTTP2: SecureServerOptions = {
  allowHTTP1: true,
  settings: {
    /** The most that browsers use; each may occupy a connection to a bucket. */
    maxConcurrentStreams: 128,
    /** Receive window of a stream in bytes. */
    initialWindowSize: 256 * 1024,
  },
  // `maxHeaderListSize` limits the bytes. Node's default of 128 lines is too few for some browsers' cookies.
  maxHeaderListPairs: 2_000,
  // A faulty client sends a few invalid frames, an attacker many. nghttp2 has limits against floods of pings and
  // settings.
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  // Node would drop a field whose value begins or ends with a blank and serve the request; openStream resets its stream.
  strictFieldWhitespaceValidation: false,
  // A header that the bucket sends twice is forwarded twice, as with HTTP/1.1.
  strictSingleValueFields: false,
};

const NO_SESSIONS: Sessions = { retire: () => {}, cut: () => false, streams: () => 0, isBusy: () => false };

/**
 * Makes a server for HTTP/1.1. A lean one does less for each request: it is for a handler that reads no `headers`, and
 * something else has to close the connections between requests (`limitKeepAlive`).
 */
export function plainServer(timeouts: ClientTimeouts, request: RequestLimits, isLean: boolean): Unopened {
  const limits = limitsOf(timeouts, request, isLean);
  const server = http.createServer({ ...limits, ...(isLean && LEAN) });
  return { server: Object.assign(server, limits), sessions: NO_SESSIONS };
}

/** Makes a server for HTTP/2 and HTTP/1.1 over TLS. `handler` gets each HTTP/2 stream as a request and a response. */
export function secureServer(
  { context }: Certificate,
  timeouts: ClientTimeouts,
  request: RequestLimits,
  isLean: boolean,
  handler: Handler,
): Unopened {
  const limits = limitsOf(timeouts, request, isLean);
  const server = http2().createSecureServer({
    ...HTTP2,
    ...limits,
    ...(isLean && LEAN),
    ...context,
    settings: { ...HTTP2.settings, maxHeaderListSize: limits.maxHeaderSize },
    handshakeTimeout: timeouts.headers,
  });
  // The first `request` listener would switch on Node's HTTP/1.1 compatibility API; `openStream` says why not.
  server.removeAllListeners('newListener');
  // Node would emit these as `clientError`, which writes an HTTP response into the handshake.
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

const limitsOf = ({ headers, keepAlive }: ClientTimeouts, request: RequestLimits, isLean: boolean) => ({
  maxHeaderSize: request.target + request.headers + PARSER_ROOM,
  // Node's own 400 would let the next request on the connection through.
  requireHostHeader: false,
  // Node silently drops headers beyond its default of 2,000.
  maxHeadersCount: 0,
  headersTimeout: headers,
  connectionsCheckingInterval: Math.ceil(headers / CHECKS),
  // An upload may take any time while it makes progress; the idle timeout ends one that does not.
  requestTimeout: 0,
  keepAliveTimeout: isLean ? LEAN.keepAliveTimeout : keepAlive,
});
