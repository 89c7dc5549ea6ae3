import type { ServerResponse } from 'node:http';
import type { FlatHeaders } from '../../bucket/transport.ts';
import { http } from '../built-in.ts';
import { type HeadLines, renderHeaders } from './head-lines.ts';
import { dateLine, keptLines } from './own-lines.ts';

/** Fields that Node's own `writeHead` reads and sets (lib/_http_outgoing.js, lib/_http_server.js). */
type Internals = ServerResponse & {
  _header: string | null;
  _headerSent: boolean;
  _hasBody: boolean;
  _contentLength: number | null;
  _last: boolean;
  readonly _expect_continue: boolean;
  readonly _sent100: boolean;
  readonly _keepAliveTimeout: number;
  readonly maxRequestsOnConnectionReached: boolean;
};

/**
 * Puts a head into a response as one text, where Node's `writeHead` would check and join it line by line. Same bytes,
 * and the same fields set. False, with nothing done, if `writeHead` has to do it: a head that Node refuses, a header
 * that Node acts on, a response of another kind. Uses private fields of Node: call it only if `rendersAsNode`.
 */
export function renderHead(
  response: ServerResponse,
  status: number,
  headers: FlatHeaders,
  alike?: object,
): boolean {
  const outgoing = response as Internals;
  const message = http.STATUS_CODES[status];
  if (!(response instanceof http.ServerResponse) || message === undefined || status < 200) return false;
  if (outgoing._header !== null || outgoing.maxRequestsOnConnectionReached) return false;
  const lines = renderHeaders(headers, alike);
  if (lines === null) return false;
  outgoing.statusCode = status;
  outgoing.statusMessage = message;
  if (status === 204 || status === 304) outgoing._hasBody = false;
  // The client may send its body or its next request.
  if (outgoing._expect_continue && !outgoing._sent100) outgoing.shouldKeepAlive = false;
  outgoing._header = `HTTP/1.1 ${status} ${message}\r\n${lines.text}${endOf(outgoing, lines)}\r\n`;
  outgoing._headerSent = false;
  return true;
}

/** The lines about the connection and the framing. Sets the fields by which Node acts on them. */
function endOf(outgoing: Internals, { length, hasDate }: HeadLines): string {
  const hasLength = length !== null;
  const isKept = outgoing.shouldKeepAlive && (hasLength || outgoing.useChunkedEncodingByDefault);
  if (!isKept) outgoing._last = true;
  if (hasLength) outgoing._contentLength = length;
  const date = hasDate ? '' : dateLine();
  const connection = isKept ? keptLines(outgoing._keepAliveTimeout) : 'Connection: close\r\n';
  if (hasLength || !outgoing._hasBody) return date + connection;
  if (!outgoing.useChunkedEncodingByDefault) {
    // The response ends with its connection.
    outgoing._last = true;
    return date + connection;
  }
  outgoing.chunkedEncoding = true;
  return `${date}${connection}Transfer-Encoding: chunked\r\n`;
}
