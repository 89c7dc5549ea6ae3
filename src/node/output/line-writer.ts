import { write, writeSync } from 'node:fs';
import type { Output } from './descriptor.ts';
import { createLineQueue } from './line-queue.ts';

/** Writes lines to an output. It never throws, never blocks and bounds its memory. */
export interface LineWriter {
  /** Queues a line with its end; drops it if the queue is full. */
  write(line: string): void;
  /** Lines dropped since the process began. */
  dropped(): number;
  /** Writes the queue within `limit` milliseconds, then drops the rest. Does not wait for an output that fails. */
  flush(limit: number): Promise<void>;
  /** Writes the queue before it returns, as far as the output takes it; nothing while a thread's write is running. */
  writeNow(): void;
  /** True while a thread writes: `process.exit` waits for that thread, without a limit if the disk hangs. */
  writing(): boolean;
  /** True while lines wait for an output whose writes may block. */
  mayBlock(): boolean;
}

export interface LineWriterOptions {
  /** Most bytes of memory for the queue. */
  readonly most: number;
  /** Called once for all lines dropped in a row: when the others are written, or at a flush. */
  readonly onDropped: (lines: number, reason: string) => void;
}

/** Milliseconds until a full pipe is tried again, doubled each time. */
const FULL_FIRST = 1;
const FULL_MOST = 100;
/** Milliseconds until an output that failed is tried again. */
const FAILED_PAUSE = 1_000;
const TOO_SLOW = 'what reads it is too slow';

export function createLineWriter(output: Output, { most, onDropped }: LineWriterOptions): LineWriter {
  const queue = createLineQueue(most, output.whole);
  const drops = countDrops(onDropped);
  const flushes = new Set<() => void>();
  /** From the first queued line until the queue is empty. */
  let busy = false;
  let writing = false;
  let retry: NodeJS.Timeout | undefined;
  let pause = FULL_FIRST;
  let reason = TOO_SLOW;

  function begin(): void {
    retry = undefined;
    if (output.mayWait) writeOnThread();
    else writeAtOnce();
  }

  function writeOnThread(): void {
    const piece = queue.next();
    if (piece === null) {
      idle();
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
    idle();
  }

  /** Throws the output's error, EAGAIN if it takes no more now. */
  function writeAll(): void {
    for (let piece = queue.next(); piece !== null; piece = queue.next()) {
      output.prepare();
      const written = writeSync(output.fd, piece.chunk.bytes, piece.start, piece.count);
      pause = FULL_FIRST;
      queue.remove(piece, written);
    }
  }

  function failed(error: NodeJS.ErrnoException): void {
    const full = error.code === 'EAGAIN';
    retry = setTimeout(begin, full ? pause : FAILED_PAUSE).unref();
    pause = Math.min(pause * 2, FULL_MOST);
    if (full) return;
    reason = error.message;
    endFlushes();
  }

  function idle(): void {
    busy = false;
    endFlushes();
    drops.report(reason);
    reason = TOO_SLOW;
  }

  const endFlushes = (): void => {
    for (const end of [...flushes]) end();
  };

  /** Resolves when the queue is empty, the output fails or the time is up. */
  const flushed = (limit: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        flushes.delete(end);
        resolve();
      };
      const timer = setTimeout(end, limit);
      flushes.add(end);
      if (retry === undefined) return;
      clearTimeout(retry);
      begin();
    });

  return {
    write(line) {
      if (!queue.add(line)) {
        drops.add(1);
        return;
      }
      if (busy) return;
      busy = true;
      // The lines of one turn of the event loop are written together.
      setImmediate(begin);
    },
    dropped: drops.total,
    async flush(limit) {
      if (!busy) return;
      await flushed(limit);
      if (!busy) return;
      drops.add(queue.clear());
      drops.report(reason);
    },
    writeNow() {
      // A write that is still running may hang, and this one would then block the whole process.
      if (writing) return;
      try {
        writeAll();
      } catch {
        // The process ends: there is no later attempt.
      }
    },
    writing: () => writing,
    mayBlock: () => busy && output.mayWait,
  };
}

/** Counts dropped lines, and reports each once. */
function countDrops(onDropped: LineWriterOptions['onDropped']) {
  let total = 0;
  let reported = 0;
  return {
    add: (lines: number): void => {
      total += lines;
    },
    total: (): number => total,
    report: (reason: string): void => {
      const lines = total - reported;
      reported = total;
      if (lines > 0) onDropped(lines, reason);
    },
  };
}
