import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { framingFault } from '../../bucket/head.ts';
import { http } from '../built-in.ts';
import { abort, type Connection } from './abort.ts';
import { isStream } from './h2-stream.ts';
import { bringsBody, type Head } from './head.ts';

/** Most bytes that are read only to be discarded; a multipart upload's parts are smaller. */
export const LINGER_BYTES = 64 * 1024 * 1024;
/** Milliseconds that this may take; nginx's default (`lingering_time`). */
const LINGER_TIME = 30_000;
/** Milliseconds without a byte until a half-closed connection is aborted; nginx's default (`lingering_timeout`). */
const LINGER_IDLE = 5_000;

/** Connections with a response that says `Connection: close`: later requests on them are not served. */
const closing = new WeakSet<object>();
/** By connection, the last request that was answered before its body had arrived. */
const unread = new WeakMap<object, IncomingMessage>();

/**
 * True if the request must not be served: malformed, or sent after the connection's last response (RFC 9112 §9.6).
 * Call it first. A malformed request gets the same bare 400 as one that the parser refuses.
 */
export function turnedAway(incoming: IncomingMessage, outgoing: ServerResponse, head: Head): boolean {
  if (isStream(incoming)) return false;
  if (closing.has(incoming.socket)) return true;
  if (!outgoing.shouldKeepAlive) closing.add(incoming.socket);
  const malformed = isMalformed(incoming, head);
  // Node's parser drops bytes right after an Upgrade request, so the next request could begin anywhere.
  if (malformed || head.upgrade) endConnection(incoming, outgoing);
  if (!malformed) return false;
  lingerAfter(incoming, outgoing);
  outgoing.writeHead(400, ['Content-Length', '0', 'Cache-Control', 'no-store']).end();
  return true;
}

/**
 * RFC 9112 §3.2, §6.1: HTTP/1.1 requires a Host, HTTP/1.0 forbids a transfer coding. HTTP/0.9 is refused. Node's parser
 * also accepts `HTTP/2.0` in a request line, where no client sends it (RFC 9113 §3.4).
 */
function isMalformed(
  { httpVersionMajor: major, httpVersionMinor: minor }: IncomingMessage,
  { coding, hasHost }: Head,
): boolean {
  if (major !== 1) return true;
  return minor === 0 ? coding !== null : !hasHost;
}

/**
 * Lets a client that is still sending read its response: the system resets a connection that is closed with unread
 * bytes, and the reset may destroy the response (RFC 9112 §9.6). For requests with a body.
 */
export function lingerAfter(incoming: IncomingMessage, outgoing: ServerResponse): void {
  // An HTTP/2 stream ends by itself.
  if (isStream(incoming)) return;
  // The response is written, and Node has not yet closed the connection or read the next request.
  outgoing.once('prefinish', () => {
    if (incoming.complete || incoming.socket.destroyed) return;
    delayClose(incoming);
    discard(incoming);
  });
}

/** Whether the connection must end with this response: the next request's start is ambiguous, or too many bytes away. */
export function endsConnection(incoming: IncomingMessage, head: Head): boolean {
  const { length, expect } = head;
  if (isStream(incoming)) return false;
  if (framingFault(head) !== null) return true;
  // After a final status in place of 100 the client may send its body or its next request (RFC 9110 §10.1.1).
  return bringsBody(head) && !incoming.complete && (expect !== null || Number(length) > LINGER_BYTES);
}

/** Makes this response the connection's last: it says `Connection: close`, and no later request is served. */
export function endConnection({ socket }: IncomingMessage, outgoing: ServerResponse): void {
  closing.add(socket);
  outgoing.shouldKeepAlive = false;
}

/** Node closes a connection after its last response with `destroySoon`, even while the client is still sending. */
function delayClose(incoming: IncomingMessage): void {
  const { socket } = incoming;
  if (!unread.has(socket)) {
    const close = socket.destroySoon.bind(socket);
    socket.destroySoon = () => {
      if (unread.get(socket)?.complete) close();
      else linger(socket);
    };
  }
  unread.set(socket, incoming);
}

/** Discards the rest of a body within limits, so that the connection can serve its next request. */
function discard(incoming: IncomingMessage): void {
  const { socket } = incoming;
  const cut = setTimeout(() => abort(socket), LINGER_TIME);
  let left = LINGER_BYTES;
  incoming.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) abort(socket);
  });
  const stop = (): void => {
    clearTimeout(cut);
    socket.off('close', stop);
  };
  // Node destroys no request whose response is complete when its connection closes.
  socket.once('close', stop);
  incoming.once('close', stop);
}

/** Closes the sending side, and discards bytes within limits until the client closes its side. */
function linger(socket: Socket): void {
  const cut = setTimeout(() => abort(socket), LINGER_TIME);
  let left = LINGER_BYTES;
  // Node's own listener would pass the bytes to the parser.
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) abort(socket);
  });
  socket.once('end', () => abort(socket));
  socket.once('close', () => clearTimeout(cut));
  socket.setTimeout(LINGER_IDLE, () => abort(socket));
  socket.end();
  socket.resume();
}

/** Most pipelined requests that wait on one connection. */
export const MAX_WAITING = 64;
/** Their number by connection. */
const waiting = new WeakMap<object, number>();

/**
 * Serves a pipelined request after the response before it: so a connection occupies one bucket request at a time, and no
 * request is begun after the connection's last response. Node assigns a response its socket when its turn comes.
 */
export function inTurn(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  serve: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
): void {
  const { socket } = incoming;
  const before = waiting.get(socket) ?? 0;
  if (before >= MAX_WAITING) return;
  waiting.set(socket, before + 1);
  // Later requests are dropped, and this response says `Connection: close`.
  if (before + 1 === MAX_WAITING) outgoing.shouldKeepAlive = false;
  outgoing.once('socket', () => {
    waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
    serve(incoming, outgoing);
  });
}

const BARE_STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Answers a request that Node's parser refuses with a bare status, and closes the connection; for `clientError`. Unlike
 * Node's default it lets a client that is still sending read the response.
 */
export function refuseUnparsed({ code = '' }: NodeJS.ErrnoException, connection: Duplex): void {
  const socket = connection as Connection;
  if (socket.destroyed) return;
  const response = socket._httpMessage;
  if (socket.writable && response?.headersSent !== true) {
    const status = BARE_STATUS[code] ?? 400;
    // A proxy may store a response with any status if its headers do not forbid that.
    const head = 'Cache-Control: no-store\r\nConnection: close\r\n\r\n';
    socket.write(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n${head}`);
  }
  // A partial response must not look whole, and its bucket request must be cancelled.
  const isPartial = response != null && !response.writableEnded;
  if (isPartial || socket.readableEnded) abort(socket);
  else linger(socket);
}
