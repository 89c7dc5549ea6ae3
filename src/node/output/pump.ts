import { fstat, write, writeSync } from 'node:fs';
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
  /** The size of a shared file after a write to it failed; null: the last write did not fail. */
  let sizeAtFailure: number | null = null;

  function begin(): void {
    retry = undefined;
    if (sizeAtFailure !== null) resumeShared(sizeAtFailure);
    else if (output.mayWait) writeOnThread();
    else writeAtOnce();
  }

  /**
   * Continues after a failure in a file that other processes append to. One of them can have left a part of a line at its
   * end, so a newline goes first: at worst it makes a blank line. A line of our own that others' lines have cut is
   * written once more; if the file has not grown, the rest of it follows.
   */
  function resumeShared(size: number): void {
    writing = true;
    fstat(output.fd, (error, stats) => {
      if (error === null && queue.isCut() && stats.size === size) {
        writing = false;
        sizeAtFailure = null;
        writeOnThread();
        return;
      }
      write(output.fd, '\n', null, (failure) => {
        writing = false;
        if (failure !== null) {
          failed(failure);
          return;
        }
        queue.rewind();
        sizeAtFailure = null;
        writeOnThread();
      });
    });
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
    if (isFull) return;
    if (output.isShared && sizeAtFailure === null) {
      sizeAtFailure = 0;
      fstat(output.fd, (_, stats) => {
        if (sizeAtFailure !== null) sizeAtFailure = stats?.size ?? 0;
      });
    }
    onError(error.message);
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
