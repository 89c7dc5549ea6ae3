import type { ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import { NGHTTP2_NO_ERROR } from './h2-errors.ts';
import { BUFFER, waitTimer } from './h2-timer.ts';

export interface RequestBody {
  readonly readable: Readable;
  /** Whether the client has sent the whole body. */
  complete(): boolean;
}

/**
 * The body of a request on an HTTP/2 stream. It fails if the client cancels it, where Node would end the stream like a
 * complete one. `onLate` is called if the client sends nothing for `idle` milliseconds while the edge wants to read.
 */
export function requestBody(stream: ServerHttp2Stream, idle: number, onLate: () => void): RequestBody {
  const timer = waitTimer(idle, onLate);
  let complete = stream.endAfterHeaders;
  let reading = false;
  const startReading = (): void => {
    reading = true;
    stream.on('data', (chunk: Buffer) => {
      if (readable.push(chunk)) return timer.start();
      timer.stop();
      stream.pause();
    });
  };
  const readable = new Readable({
    highWaterMark: BUFFER,
    read: () => {
      if (complete) return;
      if (reading) stream.resume();
      else startReading();
      timer.start();
    },
    destroy: (error, done) => {
      timer.stop();
      done(error);
    },
  });
  // Listen before the first read: an empty body ends even if the app does not read it.
  stream.once('end', () => {
    if (complete || stream.aborted || stream.rstCode !== NGHTTP2_NO_ERROR) return;
    complete = true;
    timer.stop();
    readable.push(null);
  });
  const cancelled = (): void => {
    if (!complete) readable.destroy(new Error('the client cancelled its request'));
  };
  stream.once('aborted', cancelled).once('close', cancelled);
  // The body's reader has its own listener; without a reader the error is of no interest.
  readable.on('error', () => {});
  if (complete) readable.push(null);
  return { readable, complete: () => complete };
}
