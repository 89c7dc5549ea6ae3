import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { framingFault } from '../../bucket/head.ts';
import { abort } from './abort.ts';
import { isStream } from './h2-stream.ts';
import { bringsBody, type Head } from './head.ts';

/** Most bytes that are taken off the wire only to be thrown away; a multipart upload's parts are smaller. */
export const LINGER_BYTES = 64 * 1024 * 1024;
/** Milliseconds that this may take; nginx's own limit. */
const LINGER_TIME = 30_000;
/** Milliseconds without a byte after which a connection that has been closed towards its client is let go of. */
const LINGER_IDLE = 5_000;

/** Connections on which an answer has said `Connection: close`: what follows there is nobody's request. */
const closing = new WeakSet<object>();
/** By connection, the last request on it that was answered before its body had come. */
const unread = new WeakMap<object, IncomingMessage>();

/**
 * Whether a request is none that the edge answers; call before anything else looks at it. What comes after a
 * connection's last answer is dropped (RFC 9112 §9.6). A request without the framing that its version demands gets
 * what the parser's refusals get.
 */
export function turnedAway(incoming: IncomingMessage, outgoing: ServerResponse, head: Head): boolean {
  if (isStream(incoming)) return false;
  if (closing.has(incoming.socket)) return true;
  if (!outgoing.shouldKeepAlive) closing.add(incoming.socket);
  const malformed = isMalformed(incoming, head);
  // Node's parser drops bytes that come right after a wish to upgrade: what follows may begin anywhere.
  if (malformed || head.upgrade) endConnection(incoming, outgoing);
  if (!malformed) return false;
  lingerAfter(incoming, outgoing);
  outgoing.writeHead(400, ['Content-Length', '0', 'Cache-Control', 'no-store']).end();
  return true;
}

/**
 * RFC 9112 §3.2, §6.1: HTTP/1.1 has a Host, HTTP/1.0 no transfer coding; HTTP/0.9 is nobody's any more. Node's parser
 * also takes `HTTP/2.0` for a version, which is never spoken in this form (RFC 9113 §3.4).
 */
function isMalformed(
  { httpVersionMajor: major, httpVersionMinor: minor }: IncomingMessage,
  { coding, hasHost }: Head,
): boolean {
  if (major !== 1) return true;
  return minor === 0 ? coding !== null : !hasHost;
}

/**
 * Lets a client that is still sending read its answer: a connection that is closed before all has been read is reset,
 * and a reset may take the answer away (RFC 9112 §9.6). For requests that bring a body.
 */
export function lingerAfter(incoming: IncomingMessage, outgoing: ServerResponse): void {
  // An HTTP/2 stream ends by itself.
  if (isStream(incoming)) return;
  // Once the answer is written and before Node, which has waited for no more, closes or goes on.
  outgoing.once('prefinish', () => {
    if (incoming.complete || incoming.socket.destroyed) return;
    holdOpen(incoming);
    discard(incoming);
  });
}

/** Whether the connection must end with this answer, as where the next request would begin is in doubt, or far. */
export function endsConnection(incoming: IncomingMessage, head: Head): boolean {
  const { length, expect } = head;
  if (isStream(incoming)) return false;
  if (framingFault(head) !== null) return true;
  // A client that asked before it sent may take the answer for leave to send its next request (RFC 9110 §10.1.1).
  return bringsBody(head) && !incoming.complete && (expect !== null || Number(length) > LINGER_BYTES);
}

/** Has the answer say that it is the connection's last, and takes no other request from there. */
export function endConnection({ socket }: IncomingMessage, outgoing: ServerResponse): void {
  closing.add(socket);
  outgoing.shouldKeepAlive = false;
}

/** Node closes a connection after its last answer by `destroySoon`, whatever the client still sends. */
function holdOpen(incoming: IncomingMessage): void {
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

/** Reads a body to its end for the sake of the next request, as long as that is worth it. */
function discard(incoming: IncomingMessage): void {
  const { socket } = incoming;
  const cut = setTimeout(() => abort(socket), LINGER_TIME);
  let left = LINGER_BYTES;
  incoming.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) abort(socket);
  });
  incoming.once('close', () => clearTimeout(cut));
}

/** Says that nothing more will come, and reads on without a parser until the client has understood. */
function linger(socket: Socket): void {
  const cut = setTimeout(() => abort(socket), LINGER_TIME);
  let left = LINGER_BYTES;
  // Node's own listener would hand the bytes to the parser.
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

/** Requests of one connection that wait for the one before them. */
const MAX_WAITING = 64;
/** By connection, how many do. */
const waiting = new WeakMap<object, number>();

/**
 * Serves a request that was sent before the answer to the one before it, once that is out: a connection takes no more
 * of a bucket than its one request, and what comes after a last answer was never begun. Node gives a response its
 * socket when its turn comes.
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
  // More are not held; their client is told with the last of these.
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
 * Answers what Node's parser refuses with a bare status and a closed connection; for a server's `clientError`. Node
 * would do the same, but for a client that is still sending.
 */
export function refuseUnparsed({ code = '' }: NodeJS.ErrnoException, connection: Duplex): void {
  const socket = connection as Socket & { readonly _httpMessage?: ServerResponse | null };
  if (socket.destroyed) return;
  const answer = socket._httpMessage;
  if (socket.writable && answer?.headersSent !== true) {
    const status = BARE_STATUS[code] ?? 400;
    // A proxy in front may store every answer that does not forbid it, whatever its status.
    const head = 'Cache-Control: no-store\r\nConnection: close\r\n\r\n';
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}`);
  }
  // An answer that is not whole must not look so, and its bucket must be told.
  const cutOff = answer != null && !answer.writableEnded;
  if (cutOff || socket.readableEnded) abort(socket);
  else linger(socket);
}
