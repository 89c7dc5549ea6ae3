import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { isSameHost } from '../../bucket/host.ts';
import type { FlatHeaders } from '../../bucket/transport.ts';
import { requestBody } from './h2-body.ts';
import { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } from './h2-errors.ts';
import { openH2Response } from './h2-response.ts';

/** The client's address and port. A stream may outlive its session, which then no longer has them. */
export interface Peer {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
}

export interface StreamHead {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** As received, with the pseudo-headers. */
  readonly raw: FlatHeaders;
}

/** HTTP/2 is served only over TLS. */
const HTTPS_PORT = 443;

/** Requests that `openStream` made. The version does not identify them: Node's HTTP/1 parser accepts `HTTP/2.0` too. */
const streamed = new WeakSet<object>();

/** Whether a request came on an HTTP/2 stream. */
export const isStream = (incoming: object): boolean => streamed.has(incoming);

/**
 * Presents an HTTP/2 stream as the request and response of HTTP/1.1, so that all other code knows one form. Node's own
 * compatibility API does not suffice: there a cancelled upload ends like a complete one, a cancelled HEAD is reported
 * only after its response, and a destroyed response ends without an error, so that a short body looks whole. Returns
 * null for a malformed request, and closes its stream. `idle` is how many milliseconds the client may delay the edge
 * in either direction.
 */
export function openStream(
  { stream, headers, raw }: StreamHead,
  peer: Peer,
  idle: number,
): { incoming: IncomingMessage; outgoing: ServerResponse } | null {
  // `close` reports every failure of the stream.
  stream.on('error', () => {});
  const rawHeaders = isPath(headers[':path']) ? messageHeaders(raw, headers[':authority']) : null;
  if (rawHeaders === null) {
    stream.close(NGHTTP2_PROTOCOL_ERROR);
    return null;
  }
  if (!stream.endAfterHeaders && headers['content-length'] === undefined) {
    // HTTP/1.1 sends a body without a length in chunks.
    headers['transfer-encoding'] = 'chunked';
    rawHeaders.push('transfer-encoding', 'chunked');
  }
  const cancel = (): void => stream.close(NGHTTP2_CANCEL);
  const socket = {
    ...peer,
    encrypted: true,
    get destroyed() {
      return stream.destroyed;
    },
    destroy: cancel,
    destroySoon: () => {},
  };
  const body = requestBody(stream, idle, cancel);
  const response = openH2Response(stream, headers[':method'] === 'HEAD', idle, cancel);
  // The rest of an upload is not needed after its response (RFC 9113 §8.1).
  response.once('finish', () => {
    if (!body.complete()) stream.close(NGHTTP2_NO_ERROR);
  });
  const incoming = Object.assign(body.readable, {
    method: headers[':method'],
    url: headers[':path'] ?? '',
    headers,
    rawHeaders,
    httpVersion: '2.0',
    httpVersionMajor: 2,
    httpVersionMinor: 0,
    socket,
  });
  Object.defineProperty(incoming, 'complete', { get: body.complete });
  streamed.add(incoming);
  const outgoing = Object.assign(response, { req: incoming, socket });
  return {
    incoming: incoming as unknown as IncomingMessage,
    outgoing: outgoing as unknown as ServerResponse,
  };
}

/**
 * The headers in HTTP/1.1's form: a Host in place of `:authority`, no other pseudo-header, and one cookie header
 * (RFC 9113 §8.2.3). Null for a malformed request: Host and `:authority` differ (§8.3.1), or a value begins or ends
 * with a blank (§8.2.1).
 */
function messageHeaders(raw: FlatHeaders, authority: string | undefined): string[] | null {
  const headers: string[] = authority === undefined ? [] : ['host', authority];
  let cookie = -1;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const value = raw[at + 1] ?? '';
    if (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1))) return null;
    if (name.startsWith(':')) continue;
    if (name === 'host' && authority !== undefined) {
      if (!isSameHost(value, authority, HTTPS_PORT)) return null;
    } else if (name === 'cookie' && cookie !== -1) {
      headers[cookie] += `; ${value}`;
    } else {
      headers.push(name, value);
      if (name === 'cookie') cookie = headers.length - 1;
    }
  }
  return headers;
}

/** Visible ASCII only, which Node's parser requires of HTTP/1.1 (RFC 9113 §8.3.1); nghttp2 accepts other bytes. */
const isPath = (path = ''): boolean => /^[!-~]*$/.test(path);

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;
