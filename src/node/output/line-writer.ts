import type { Output } from './descriptor.ts';
import { createLineQueue } from './line-queue.ts';
import { createPump } from './pump.ts';

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

const TOO_SLOW = 'what reads it is too slow';

export function createLineWriter(output: Output, { most, onDropped }: LineWriterOptions): LineWriter {
  const queue = createLineQueue(most, output.whole);
  const drops = countDrops(onDropped);
  const flushes = new Set<() => void>();
  /** From the first queued line until the queue is empty. */
  let busy = false;
  let reason = TOO_SLOW;

  const endFlushes = (): void => {
    for (const end of [...flushes]) end();
  };

  const pump = createPump(output, queue, {
    onEmpty() {
      busy = false;
      endFlushes();
      drops.report(reason);
      reason = TOO_SLOW;
    },
    onError(error) {
      reason = error;
      endFlushes();
    },
  });

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
      pump.retryNow();
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
      setImmediate(pump.begin);
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
      if (pump.writing()) return;
      try {
        pump.writeAll();
      } catch {
        // The process ends: there is no later attempt.
      }
    },
    writing: pump.writing,
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
