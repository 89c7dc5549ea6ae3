import { Readable } from 'node:stream';
import { startLimit } from '../../rules/within.ts';
import { streamed } from '../http1/streamed.ts';
import type { Client } from './client.ts';
import type { LineTimeouts } from './pools.ts';

/** Bytes buffered before the client waits for the bucket. */
const BUFFERED = 64 * 1024;
/**
 * Bytes that are read ahead from a client that waits, in pieces: Node sees that a connection has closed only after it
 * has read all that was sent on it.
 */
const AHEAD = 1024 * 1024;
/** Milliseconds between two of these pieces. */
const AHEAD_INTERVAL = 50;

/** The body of a request on its way from the client to the bucket, with its time limits. */
export interface Upload {
  /** Returns the body for a connection. Call it again only if that connection did not begin to read it. */
  open(): Readable;
  /** The connection to the bucket is ready for the body. */
  begun(): void;
  /** The connection to the bucket took a part. */
  moved(): void;
  /** The connection to the bucket took the whole body. */
  ended(): void;
  /** The bucket has begun its response, or failed: no time limit applies any more. */
  stop(): void;
  /** Whether the bucket waits for the next part from the client now. */
  waits(): boolean;
}

/** Opens the body of a request. Calls `late` at most once, with the time limit that passed. */
export function openUpload(
  client: Client,
  count: { received: number },
  { head, idle, upload }: LineTimeouts,
  late: (failure: 'ClientTimeout' | 'BucketUploadTimeout' | 'BucketHeadTimeout') => void,
): Upload {
  let body: Readable | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopHead: (() => void) | undefined;
  let waited = 0;
  let isSent = false;
  let isOver = false;
  const step = Math.min(idle, upload);

  /** Whether bytes from the client wait for the bucket. */
  const isBlocked = (): boolean => body !== undefined && (body.isPaused() || body.readableLength > 0);

  function check(): void {
    const waitsForBucket = isBlocked();
    waited += step;
    if (waited < (waitsForBucket ? upload : idle)) timer?.refresh();
    else late(waitsForBucket ? 'BucketUploadTimeout' : 'ClientTimeout');
  }

  return {
    open: () => {
      body ??= bodyOf(client, count);
      return body;
    },
    begun: () => {
      if (!isOver) timer ??= setTimeout(check, step);
    },
    moved: () => {
      waited = 0;
      if (!isOver) timer?.refresh();
    },
    ended: () => {
      isSent = true;
      clearTimeout(timer);
      if (!isOver) stopHead = startLimit(head, () => late('BucketHeadTimeout'));
    },
    stop: () => {
      isOver = true;
      clearTimeout(timer);
      stopHead?.();
    },
    // Before there is a connection, the edge does not read the body.
    waits: () => timer !== undefined && !isSent && !isOver && !isBlocked(),
  };
}

/**
 * A stream of the body for the transport, which destroys the body of a failed request. Destroying the client's own stream
 * would close the connection that the error response needs.
 */
function bodyOf({ incoming, outgoing, expectsContinue }: Client, count: { received: number }): Readable {
  let begun = false;
  let isFull = false;
  let ahead: NodeJS.Timeout | undefined;

  function take(chunk: Buffer): void {
    count.received += chunk.length;
    streamed(chunk.length);
    isFull = !body.push(chunk);
    if (!isFull) return;
    incoming.pause();
    if (body.readableLength < AHEAD) ahead ??= setTimeout(readAhead, AHEAD_INTERVAL);
  }
  function readAhead(): void {
    ahead = undefined;
    if (isFull) incoming.resume();
  }
  const end = (): void => void body.push(null);
  const breakOff = (): void => {
    if (!incoming.readableEnded) body.destroy(new Error('the client broke off its request'));
  };
  function begin(): void {
    begun = true;
    // Only when the transport reads the body: until then the response may still refuse it (RFC 9110 §10.1.1).
    if (expectsContinue) outgoing.writeContinue();
    incoming.on('data', take).once('end', end).once('error', breakOff).once('close', breakOff);
    if (incoming.destroyed) breakOff();
  }
  const body = new Readable({
    highWaterMark: BUFFERED,
    read: () => {
      isFull = false;
      if (begun) incoming.resume();
      else begin();
    },
    destroy: (error, done) => {
      clearTimeout(ahead);
      isFull = false;
      incoming.off('data', take).off('end', end).off('close', breakOff);
      // Discard the rest of the upload, so that the next request on the connection can be read.
      if (!incoming.readableEnded && !incoming.destroyed) incoming.resume();
      done(error);
    },
  });
  // The request that it belongs to reports its errors.
  body.on('error', () => {});
  return body;
}
