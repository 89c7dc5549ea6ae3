import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fault } from './fault.ts';
import type { BodyFraming } from './request.ts';

export interface Upload {
  /** Whether the connection took all of it. */
  isDone(): boolean;
  /** The connection can take more. */
  drain(): void;
  /** Reads no more of the body, and destroys it unless it has ended. */
  stop(): void;
}

interface Steps {
  /** A part was handed to the connection. */
  readonly moved: () => void;
  readonly done: () => void;
  readonly fail: (error: Error) => void;
}

/**
 * Sends the body of a request. It must have as many bytes as its Content-Length states: fewer would let the next request
 * be read as the rest of it, and more as the next request.
 */
export function sendBody(body: Readable, framing: BodyFraming, socket: Socket, steps: Steps): Upload {
  // Neither of its events would follow.
  if (body.destroyed || body.readableEnded)
    throw fault('ERR_REQUEST_INVALID', 'the body has ended before it is sent');
  let left = framing === 'chunked' ? Number.POSITIVE_INFINITY : framing;
  let isDone = false;
  const write = framing === 'chunked' ? writeChunk : writePart;

  function take(part: Buffer): void {
    left -= part.length;
    if (left < 0) {
      steps.fail(fault('ERR_REQUEST_INVALID', 'the body is longer than its Content-Length'));
      return;
    }
    if (part.length === 0) return;
    const goesOn = write(socket, part);
    steps.moved();
    if (!goesOn) body.pause();
  }
  function end(): void {
    if (framing === 'chunked') socket.write('0\r\n\r\n', 'latin1');
    else if (left > 0) {
      steps.fail(fault('ERR_REQUEST_INVALID', 'the body is shorter than its Content-Length'));
      return;
    }
    isDone = true;
    steps.done();
  }
  function closed(): void {
    if (!isDone) steps.fail(body.errored ?? fault('ERR_REQUEST_INVALID', 'the body has not ended'));
  }

  body.on('data', take).once('end', end).once('error', closed).once('close', closed);
  return {
    isDone: () => isDone,
    drain: () => {
      if (!isDone && body.isPaused()) body.resume();
    },
    stop: () => {
      body.off('data', take).off('end', end).off('error', closed).off('close', closed);
      if (!isDone) body.on('error', () => {}).destroy();
    },
  };
}

const writePart = (socket: Socket, part: Buffer): boolean => socket.write(part);

/** RFC 9112 §7.1. */
function writeChunk(socket: Socket, part: Buffer): boolean {
  socket.cork();
  socket.write(`${part.length.toString(16)}\r\n`, 'latin1');
  socket.write(part);
  const goesOn = socket.write('\r\n', 'latin1');
  socket.uncork();
  return goesOn;
}
