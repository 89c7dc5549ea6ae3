import { write, writeSync } from 'node:fs';
import type { Output } from './descriptor.ts';
import type { LineQueue } from './line-queue.ts';

/** Writes a queue to an output, and retries while the output is full or fails. */
export interface Pump {
  /** Writes until the queue is empty. Not to be called again before `onEmpty`. */
  begin(): void;
  /** Ends the pause before a retry, if there is one. */
  retryNow(): void;
  /** Writes the queue before it returns; throws the output's error, EAGAIN if it takes no more now. */
  writeAll(): void;
  /** True while a thread writes. */
  writing(): boolean;
}

export interface PumpOptions {
  readonly onEmpty: () => void;
  /** Called with the reason when the output fails; not when it is only full. */
  readonly onError: (reason: string) => void;
}

/** Milliseconds until a full pipe is tried again, doubled each time. */
const FULL_FIRST = 1;
const FULL_MOST = 100;
/** Milliseconds until an output that failed is tried again. */
const FAILED_PAUSE = 1_000;

export function createPump(output: Output, queue: LineQueue, { onEmpty, onError }: PumpOptions): Pump {
  let writing = false;
  let retry: NodeJS.Timeout | undefined;
  let pause = FULL_FIRST;

  function begin(): void {
    retry = undefined;
    if (output.mayWait) writeOnThread();
    else writeAtOnce();
  }

  function writeOnThread(): void {
    const piece = queue.next();
    if (piece === null) {
      onEmpty();
      return;
    }
    writing = true;
    output.prepare();
    write(output.fd, piece.chunk.bytes, piece.start, piece.count, null, (error, written) => {
      writing = false;
      if (error !== null) {
        failed(error);
        return;
      }
      pause = FULL_FIRST;
      queue.remove(piece, written);
      writeOnThread();
    });
  }

  function writeAtOnce(): void {
    try {
      writeAll();
    } catch (error) {
      failed(error as NodeJS.ErrnoException);
      return;
    }
    onEmpty();
  }

  function writeAll(): void {
    for (let piece = queue.next(); piece !== null; piece = queue.next()) {
      output.prepare();
      const written = writeSync(output.fd, piece.chunk.bytes, piece.start, piece.count);
      pause = FULL_FIRST;
      queue.remove(piece, written);
    }
  }

  function failed(error: NodeJS.ErrnoException): void {
    const isFull = error.code === 'EAGAIN';
    retry = setTimeout(begin, isFull ? pause : FAILED_PAUSE).unref();
    pause = Math.min(pause * 2, FULL_MOST);
    if (!isFull) onError(error.message);
  }

  return {
    begin,
    retryNow() {
      if (retry === undefined) return;
      clearTimeout(retry);
      begin();
    },
    writeAll,
    writing: () => writing,
  };
}
