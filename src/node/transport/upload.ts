import { Readable } from 'node:stream';
import type { Client } from './client.ts';
import { streamed } from './collect.ts';
import type { LineTimeouts } from './pools.ts';

/** Bytes held for a bucket before the client waits for it. */
const HELD = 64 * 1024;
/**
 * While a client waits, its connection is read on in pieces now and then, up to so many bytes: whether it has gone is
 * known only behind what it has sent.
 */
const AHEAD = 1024 * 1024;
/** Milliseconds between two of these pieces. */
const LISTEN = 50;

/** A body on its way from a client to a bucket. */
export interface Upload {
  /** The body; at most once. */
  open(): Readable;
  /** The bucket's connection is there and waits for the body. */
  begun(): void;
  /** The bucket's connection took a piece. */
  moved(): void;
  /** The bucket's connection took all; now it is the bucket's turn. */
  ended(): void;
  /** The bucket has begun to answer, or failed. */
  stop(): void;
  /** Whether the bucket waits for the next piece of it at this moment. */
  waits(): boolean;
}

/** The body of a request that brings one. `late` is told at most once, and after that everything is over. */
export function openUpload(
  client: Client,
  count: { received: number },
  { head, idle, upload }: LineTimeouts,
  late: (whose: 'ClientTimeout' | 'BucketUploadTimeout' | 'BucketHeadTimeout') => void,
): Upload {
  let body: Readable | undefined;
  let timer: NodeJS.Timeout | undefined;
  let waited = 0;
  let isSent = false;
  let isOver = false;
  const step = Math.min(idle, upload);

  /** What has come and not gone on is what the bucket doesn't take. */
  const isHeldBack = (): boolean => body !== undefined && (body.isPaused() || body.readableLength > 0);

  function look(): void {
    const isHeld = isHeldBack();
    waited += step;
    if (waited < (isHeld ? upload : idle)) timer?.refresh();
    else late(isHeld ? 'BucketUploadTimeout' : 'ClientTimeout');
  }

  return {
    open: () => {
      body = bodyOf(client, count);
      return body;
    },
    begun: () => {
      if (!isOver) timer ??= setTimeout(look, step);
    },
    moved: () => {
      waited = 0;
      if (!isOver) timer?.refresh();
    },
    ended: () => {
      isSent = true;
      clearTimeout(timer);
      if (!isOver) timer = setTimeout(late, head, 'BucketHeadTimeout');
    },
    stop: () => {
      isOver = true;
      clearTimeout(timer);
    },
    // Not before there is a connection: until then the client is not asked for anything.
    waits: () => timer !== undefined && !isSent && !isOver && !isHeldBack(),
  };
}

/**
 * Not the client's own stream: undici destroys the body of a failed request, which would take away the connection
 * that the error has to go out on.
 */
function bodyOf({ incoming, outgoing, expectsContinue }: Client, count: { received: number }): Readable {
  let begun = false;
  let isHeld = false;
  let listening: NodeJS.Timeout | undefined;

  function take(chunk: Buffer): void {
    count.received += chunk.length;
    streamed(chunk.length);
    isHeld = !body.push(chunk);
    if (!isHeld) return;
    incoming.pause();
    if (body.readableLength < AHEAD) listening ??= setTimeout(listen, LISTEN);
  }
  function listen(): void {
    listening = undefined;
    if (isHeld) incoming.resume();
  }
  const end = (): void => void body.push(null);
  const breakOff = (): void => {
    if (!incoming.readableEnded) body.destroy(new Error('the client broke off its request'));
  };
  function begin(): void {
    begun = true;
    // Not before somebody wants the body: until then the answer may be that it is not wanted (RFC 9110 §10.1.1).
    if (expectsContinue) outgoing.writeContinue();
    incoming.on('data', take).once('end', end).once('error', breakOff).once('close', breakOff);
    if (incoming.destroyed) breakOff();
  }
  const body = new Readable({
    highWaterMark: HELD,
    read: () => {
      isHeld = false;
      if (begun) incoming.resume();
      else begin();
    },
    destroy: (error, done) => {
      clearTimeout(listening);
      isHeld = false;
      incoming.off('data', take).off('end', end).off('close', breakOff);
      // Takes the rest of an upload that nobody wants off the wire, so that the next request can be read.
      if (!incoming.readableEnded && !incoming.destroyed) incoming.resume();
      done(error);
    },
  });
  // Its end is told by the request that it belongs to.
  body.on('error', () => {});
  return body;
}
