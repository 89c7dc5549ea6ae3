import { write, writeSync } from 'node:fs';
import type { Output } from './descriptor.ts';

/** Writes lines to an output. It never throws, never waits and takes no more memory than it may. */
export interface LineWriter {
  /** Takes a line with its end; drops it when those that wait take all the memory there is for them. */
  write(line: string): void;
  /** How many lines were dropped since the process began. */
  dropped(): number;
  /** Writes what waits, for so many milliseconds at most. What an output that fails does not take is dropped. */
  flush(limit: number): Promise<void>;
  /** Writes what waits before it returns, as far as the output takes it. */
  writeNow(): void;
  /** Whether a thread has a write in hand, which `process.exit` would wait for. */
  writing(): boolean;
}

export interface LineWriterOptions {
  /** Most bytes for lines that wait. */
  readonly most: number;
  /** Called once for all lines dropped in a row: when the others are written, or at a flush. */
  readonly onDropped: (lines: number, reason: string) => void;
}

interface Chunk {
  readonly bytes: Buffer;
  /** What lies from here to the end waits. */
  start: number;
  end: number;
}

const CHUNK = 65_536;
/** UTF-8 bytes of one UTF-16 code unit, at most. */
const UTF8_MOST = 3;
const NEWLINE = 0x0a;
/** Milliseconds until a full pipe is tried again, doubled each time. */
const FULL_FIRST = 1;
const FULL_MOST = 100;
/** Milliseconds until an output that failed is tried again. */
const FAILED_PAUSE = 1_000;
const TOO_SLOW = 'what reads it is too slow';

export function createLineWriter(output: Output, { most, onDropped }: LineWriterOptions): LineWriter {
  const chunks: Chunk[] = [];
  /** A chunk of the usual size, to be used again. */
  let spare: Chunk | null = null;
  let allocated = 0;
  /** What a thread writes at the moment. */
  let inHand: { readonly chunk: Chunk; readonly count: number } | null = null;
  let busy = false;
  let retry: NodeJS.Timeout | undefined;
  let pause = FULL_FIRST;
  let reason = TOO_SLOW;
  let dropped = 0;
  let reported = 0;
  const flushing = new Set<() => void>();

  function add(size: number): Chunk | null {
    const length = Math.max(size, CHUNK);
    if (allocated + length > most) return null;
    const chunk = length === CHUNK && spare !== null ? spare : newChunk(length);
    if (chunk === spare) spare = null;
    allocated += length;
    chunks.push(chunk);
    return chunk;
  }

  /** A chunk with room for the text; null when there is no memory for one. */
  function roomFor(text: string): Chunk | null {
    const last = chunks.at(-1);
    const room = last === undefined ? 0 : last.bytes.length - last.end;
    if (last !== undefined && room >= text.length * UTF8_MOST) return last;
    const size = Buffer.byteLength(text);
    return last !== undefined && room >= size ? last : add(size);
  }

  function begin(): void {
    retry = undefined;
    if (output.mayWait) onThread();
    else atOnce();
  }

  function onThread(): void {
    const [chunk] = chunks;
    if (chunk === undefined) {
      rest();
      return;
    }
    const count = wholeLines(chunk, output.whole);
    inHand = { chunk, count };
    output.prepare();
    write(output.fd, chunk.bytes, chunk.start, count, null, (error, written) => {
      inHand = null;
      if (error === null) {
        took(chunk, written);
        onThread();
      } else failed(error);
    });
  }

  function atOnce(): void {
    try {
      writeAll();
    } catch (error) {
      failed(error as NodeJS.ErrnoException);
      return;
    }
    rest();
  }

  /** Throws what the output fails with, EAGAIN when it takes no more. */
  function writeAll(): void {
    for (let [chunk] = chunks; chunk !== undefined; [chunk] = chunks) {
      output.prepare();
      took(chunk, writeSync(output.fd, chunk.bytes, chunk.start, wholeLines(chunk, output.whole)));
    }
  }

  function took(chunk: Chunk, count: number): void {
    pause = FULL_FIRST;
    chunk.start += count;
    // One that was dropped meanwhile is not the first any more.
    if (chunk.start < chunk.end || chunk !== chunks[0]) return;
    chunks.shift();
    allocated -= chunk.bytes.length;
    if (chunk.bytes.length === CHUNK) spare = Object.assign(chunk, { start: 0, end: 0 });
  }

  function failed(error: NodeJS.ErrnoException): void {
    const full = error.code === 'EAGAIN';
    retry = setTimeout(begin, full ? pause : FAILED_PAUSE).unref();
    pause = Math.min(pause * 2, FULL_MOST);
    if (full) return;
    reason = error.message;
    settle();
  }

  function rest(): void {
    busy = false;
    settle();
    report();
    reason = TOO_SLOW;
  }

  function report(): void {
    const lines = dropped - reported;
    reported = dropped;
    if (lines > 0) onDropped(lines, reason);
  }

  function settle(): void {
    for (const done of [...flushing]) done();
  }

  function dropAll(): void {
    for (const { bytes, start, end } of chunks.splice(0))
      for (const byte of bytes.subarray(start, end)) if (byte === NEWLINE) dropped += 1;
    allocated = 0;
    report();
  }

  return {
    write(line) {
      const chunk = roomFor(line);
      if (chunk === null) {
        dropped += 1;
        return;
      }
      chunk.end += chunk.bytes.write(line, chunk.end);
      if (busy) return;
      busy = true;
      // What one turn of the event loop says goes out together.
      setImmediate(begin);
    },
    dropped: () => dropped,
    async flush(limit) {
      if (!busy) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(late);
          flushing.delete(done);
          resolve();
        };
        const late = setTimeout(done, limit);
        flushing.add(done);
        if (retry === undefined) return;
        clearTimeout(retry);
        begin();
      });
      if (busy) dropAll();
    },
    writeNow() {
      if (inHand !== null) took(inHand.chunk, inHand.count);
      try {
        writeAll();
      } catch {
        // There is no later: the process ends.
      }
    },
    writing: () => inHand !== null,
  };
}

const newChunk = (length: number): Chunk => ({ bytes: Buffer.allocUnsafeSlow(length), start: 0, end: 0 });

/** As many bytes of the lines that wait as are taken whole; a longer line goes out by itself. */
function wholeLines({ bytes, start, end }: Chunk, whole: number): number {
  if (end - start <= whole) return end - start;
  const last = bytes.lastIndexOf(NEWLINE, start + whole - 1);
  if (last >= start) return last + 1 - start;
  const next = bytes.indexOf(NEWLINE, start + whole);
  return (next === -1 || next >= end ? end : next + 1) - start;
}
