import {
  type IncomingMessage,
  type ServerResponse,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Readable, Writable } from 'node:stream';
import { isSameHost } from '../../bucket/host.ts';
import type { FlatHeaders } from '../../bucket/transport.ts';

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } = constants;

/** Who is at the other end of a connection; its streams outlive what Node's session tells of it. */
export interface Peer {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
}

export interface StreamHead {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** As they came, pseudo-headers among them. */
  readonly raw: FlatHeaders;
}

/** HTTP/2 is served over TLS alone. */
const HTTPS_PORT = 443;

/** Bytes held in each direction before one side waits for the other. */
const HELD = 64 * 1024;

/** What HTTP/2 says in frames, and forbids in headers (RFC 9113 §8.2.2). */
const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Requests that `openStream` has made; a version number proves nothing, as Node's parser takes `HTTP/2.0` too. */
const streamed = new WeakSet<object>();

/** Whether a request came on a stream of HTTP/2. */
export const isStream = (incoming: object): boolean => streamed.has(incoming);

/** Most bytes written at once, the most that a frame holds: each of them that goes shows that the client reads. */
const PIECE = 16 * 1024;

/** Answers without a body, whatever the headers say; Node ends the stream with their head. */
const EMPTY: readonly number[] = [204, 205, 304];

/**
 * A stream of HTTP/2 as the request and response of HTTP/1.1 that it means, so that everything behind knows one form.
 * Node has such a layer of its own, which an edge can't use: a cancelled upload ends there as a whole one does, a
 * cancelled HEAD is told only after its answer, and an answer that is destroyed ends without an error, so that a
 * short body looks whole. Null for a malformed request, whose stream is closed. `idle` is how many milliseconds the
 * client may keep the edge waiting in either direction.
 */
export function openStream(
  { stream, headers, raw }: StreamHead,
  peer: Peer,
  idle: number,
): { incoming: IncomingMessage; outgoing: ServerResponse } | null {
  // What breaks a stream is told by its closing.
  stream.on('error', () => {});
  const rawHeaders = isPath(headers[':path']) ? messageHeaders(raw, headers[':authority']) : null;
  if (rawHeaders === null) {
    stream.close(NGHTTP2_PROTOCOL_ERROR);
    return null;
  }
  if (!stream.endAfterHeaders && headers['content-length'] === undefined) {
    // A body without a length: in HTTP/1.1 it comes in chunks.
    headers['transfer-encoding'] = 'chunked';
    rawHeaders.push('transfer-encoding', 'chunked');
  }
  const socket = {
    ...peer,
    encrypted: true,
    get destroyed() {
      return stream.destroyed;
    },
    destroy: () => stream.close(NGHTTP2_CANCEL),
    destroySoon: () => {},
  };
  const giveUp = (): void => stream.close(NGHTTP2_CANCEL);
  const body = bodyOf(stream, patience(idle, giveUp));
  const answer = answerTo(stream, headers[':method'] === 'HEAD', patience(idle, giveUp));
  // Nobody wants the rest of an upload that has been answered (RFC 9113 §8.1).
  answer.once('finish', () => {
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
  const outgoing = Object.assign(answer, { req: incoming, socket });
  return {
    incoming: incoming as unknown as IncomingMessage,
    outgoing: outgoing as unknown as ServerResponse,
  };
}

/**
 * The headers of the message as HTTP/1.1 writes them: a Host in place of `:authority`, no other pseudo-header, and
 * one cookie header (RFC 9113 §8.2.3). Null for a malformed request: Host and `:authority` name different places
 * (§8.3.1), or a value begins or ends with a blank (§8.2.1).
 */
function messageHeaders(raw: FlatHeaders, authority: string | undefined): string[] | null {
  const kept: string[] = authority === undefined ? [] : ['host', authority];
  let cookie = -1;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const value = raw[at + 1] ?? '';
    if (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1))) return null;
    if (name.startsWith(':')) continue;
    if (name === 'host' && authority !== undefined) {
      if (!isSameHost(value, authority, HTTPS_PORT)) return null;
    } else if (name === 'cookie' && cookie !== -1) {
      kept[cookie] += `; ${value}`;
    } else {
      kept.push(name, value);
      if (name === 'cookie') cookie = kept.length - 1;
    }
  }
  return kept;
}

/** ASCII alone, as by HTTP/1.1, where Node's parser sees to that (RFC 9113 §8.3.1); nghttp2 takes any other letter. */
const isPath = (path = ''): boolean => /^[!-~]*$/.test(path);

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

interface Patience {
  /** Begins to wait, or waits anew. */
  start(): void;
  stop(): void;
}

function patience(limit: number, end: () => void): Patience {
  let timer: NodeJS.Timeout | undefined;
  return {
    start: () => {
      timer = timer?.refresh() ?? setTimeout(end, limit);
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** The client's body. It fails where the client breaks it off; Node ends a stream then as if it were whole. */
function bodyOf(stream: ServerHttp2Stream, waiting: Patience) {
  let complete = stream.endAfterHeaders;
  let begun = false;
  const begin = (): void => {
    begun = true;
    stream.on('data', (chunk: Buffer) => {
      if (readable.push(chunk)) return waiting.start();
      waiting.stop();
      stream.pause();
    });
  };
  const readable = new Readable({
    highWaterMark: HELD,
    read: () => {
      if (complete) return;
      if (begun) stream.resume();
      else begin();
      waiting.start();
    },
    destroy: (error, done) => {
      waiting.stop();
      done(error);
    },
  });
  // At once: an empty body ends though nobody reads it.
  stream.once('end', () => {
    if (complete || stream.aborted || stream.rstCode !== NGHTTP2_NO_ERROR) return;
    complete = true;
    waiting.stop();
    readable.push(null);
  });
  const brokenOff = (): void => {
    if (!complete) readable.destroy(new Error('the client broke off its request'));
  };
  stream.once('aborted', brokenOff).once('close', brokenOff);
  // Whoever reads it is told; where nobody does, nobody needs to be.
  readable.on('error', () => {});
  if (complete) readable.push(null);
  return { readable, complete: () => complete };
}

/** The answer. Destroyed before its end it resets the stream: never a short answer that looks whole (promise 3). */
function answerTo(stream: ServerHttp2Stream, isHead: boolean, waiting: Patience) {
  let empty = isHead;
  const answer = new Writable({
    highWaterMark: HELD,
    write: (chunk: Buffer, _encoding, done) => {
      if (empty) return done();
      let at = 0;
      const more = (error?: Error | null): void => {
        waiting.stop();
        if (error || at >= chunk.length) {
          done(error);
          return;
        }
        waiting.start();
        const piece = chunk.length <= PIECE ? chunk : chunk.subarray(at, at + PIECE);
        at += PIECE;
        stream.write(piece, more);
      };
      more();
    },
    final: (done) => {
      if (empty) done();
      else stream.end(done);
    },
    destroy: (_error, done) => {
      waiting.stop();
      // Without an error Node would end the body before it resets the stream.
      if (!answer.writableFinished) stream.destroy(new Error('the answer was broken off'));
      done(null);
    },
  });
  stream.once('close', () => answer.destroy());
  answer.on('error', () => {});
  Object.defineProperty(answer, 'headersSent', { get: () => stream.headersSent });
  return Object.assign(answer, {
    writeHead: (status: number, headers: FlatHeaders = []) => {
      const head = headOf(headers);
      empty ||= EMPTY.includes(status);
      if (!stream.closed && !stream.destroyed) stream.respond({ ...head, ':status': status });
      return answer;
    },
    writeContinue: () => {
      if (!stream.closed && !stream.headersSent) stream.additionalHeaders({ ':status': 100 });
    },
  });
}

/** Throws, as Node does for HTTP/1.1, where a name or value can't stand in a header. */
function headOf(headers: FlatHeaders): Record<string, string | string[]> {
  const head: Record<string, string | string[]> = Object.create(null);
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    const value = headers[at + 1] ?? '';
    validateHeaderName(name);
    validateHeaderValue(name, value);
    if (CONNECTION_SPECIFIC.has(name)) continue;
    const known = head[name];
    if (known === undefined) head[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else head[name] = [known, value];
  }
  return head;
}
