import type { ServerHttp2Stream } from 'node:http2';
import { Writable } from 'node:stream';
import type { FlatHeaders } from '../../bucket/transport.ts';
import { http } from '../built-in.ts';
import { BUFFER, waitTimer } from './h2-timer.ts';
import { hasNoBody } from './no-body.ts';

/** Headers of a connection: HTTP/2 has frames for them, and forbids them as headers (RFC 9113 §8.2.2). */
const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Bytes of one write, which fit one frame: each finished write shows that the client reads. */
const PIECE = 16 * 1024;

/**
 * The response of an HTTP/2 stream, with the methods of HTTP/1.1's that the edge uses. If it is destroyed before its
 * end it resets the stream, so that a short response never looks whole (promise 3). `onLate` is called if the client
 * does not read for `idle` milliseconds.
 */
export function openH2Response(stream: ServerHttp2Stream, isHead: boolean, idle: number, onLate: () => void) {
  const timer = waitTimer(idle, onLate);
  let isEmpty = isHead;
  const response = new Writable({
    highWaterMark: BUFFER,
    write: (chunk: Buffer, _encoding, done) => {
      if (isEmpty) return done();
      let at = 0;
      const next = (error?: Error | null): void => {
        timer.stop();
        if (error || at >= chunk.length) {
          done(error);
          return;
        }
        timer.start();
        const piece = chunk.length <= PIECE ? chunk : chunk.subarray(at, at + PIECE);
        at += PIECE;
        stream.write(piece, next);
      };
      next();
    },
    final: (done) => {
      // Node has ended the stream with the head.
      if (isEmpty) done();
      else stream.end(done);
    },
    destroy: (_error, done) => {
      timer.stop();
      // Without an error Node would end the body before it resets the stream.
      if (!response.writableFinished) stream.destroy(new Error('the response ended early'));
      done(null);
    },
  });
  stream.once('close', () => response.destroy());
  response.on('error', () => {});
  Object.defineProperty(response, 'headersSent', { get: () => stream.headersSent });
  return Object.assign(response, {
    writeHead: (status: number, headers: FlatHeaders = []) => {
      const head = headOf(headers);
      isEmpty ||= hasNoBody(status);
      if (!stream.closed && !stream.destroyed) stream.respond({ ...head, ':status': status });
      return response;
    },
    writeContinue: () => {
      if (!stream.closed && !stream.headersSent) stream.additionalHeaders({ ':status': 100 });
    },
  });
}

/** Throws if a name or value is not allowed in a header, as Node does for HTTP/1.1. */
function headOf(headers: FlatHeaders): Record<string, string | string[]> {
  const head: Record<string, string | string[]> = Object.create(null);
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    const value = headers[at + 1] ?? '';
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
    if (CONNECTION_SPECIFIC.has(name)) continue;
    const known = head[name];
    if (known === undefined) head[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else head[name] = [known, value];
  }
  return head;
}
