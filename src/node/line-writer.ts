import { write, writeSync } from 'node:fs';
import type { Output } from './output.ts';

/** Writes lines to an output. It never throws, never waits and takes no more memory than it may. */
export interface LineWriter {
  /** Takes whole lines, in one text; drops them when those that wait take all the memory there is for them. */
  write(lines: string): void;
  /** How many texts were dropped since the process began. */
  dropped(): number;
  /**
   * Resolves when no line waits, when the output fails, or after so many milliseconds: with the number of lines that
   * wait still, and the reason.
   */
  flush(limit: number): Promise<Unwritten>;
  /** Whether a thread has a write in hand, which `process.exit` would wait for. */
  writing(): boolean;
}

export interface Unwritten {
  readonly lines: number;
  readonly reason: string;
}

export interface LineWriterOptions {
  /** Most bytes for lines that wait. */
  readonly most: number;
  /** Called when all lines are written after some were dropped. */
  readonly onRecovery: (dropped: number, reason: string) => void;
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

export function createLineWriter(output: Output, { most, onRecovery }: LineWriterOptions): LineWriter {
  const chunks: Chunk[] = [];
  /** A chunk of the usual size, to be used again. */
  let spare: Chunk | null = null;
  let allocated = 0;
  /** Bytes that a thread has in hand. */
  let inHand = 0;
  let busy = false;
  let retry: NodeJS.Timeout | undefined;
  let pause = FULL_FIRST;
  let reason = TOO_SLOW;
  let dropped = 0;
  let droppedBefore = 0;
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
    if (chunk === undefined) return;
    inHand = wholeLines(chunk, output.whole);
    output.prepare();
    write(output.fd, chunk.bytes, chunk.start, inHand, null, (error, count) => {
      inHand = 0;
      if (error !== null) {
        failed(error);
        return;
      }
      took(count);
      if (chunks.length > 0) onThread();
      else rest();
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
      took(writeSync(output.fd, chunk.bytes, chunk.start, wholeLines(chunk, output.whole)));
    }
  }

  function took(count: number): void {
    const [chunk] = chunks;
    if (chunk === undefined) return;
    pause = FULL_FIRST;
    chunk.start += count;
    if (chunk.start < chunk.end) return;
    chunks.shift();
    allocated -= chunk.bytes.length;
    if (chunk.bytes.length === CHUNK) spare = Object.assign(chunk, { start: 0, end: 0 });
  }

  function failed(error: NodeJS.ErrnoException): void {
    const full = error.code === 'EAGAIN';
    reason = full ? TOO_SLOW : error.message;
    retry = setTimeout(begin, full ? pause : FAILED_PAUSE).unref();
    pause = Math.min(pause * 2, FULL_MOST);
    if (!full) settle();
  }

  function rest(): void {
    busy = false;
    settle();
    const missed = dropped - droppedBefore;
    droppedBefore = dropped;
    if (missed > 0) onRecovery(missed, reason);
    reason = TOO_SLOW;
  }

  function settle(): void {
    for (const done of [...flushing]) done();
  }

  function unwritten(): Unwritten {
    let lines = 0;
    for (const { bytes, start, end } of chunks)
      for (const byte of bytes.subarray(start, end)) if (byte === NEWLINE) lines += 1;
    return { lines, reason };
  }

  // What a crash leaves, as far as the output takes it at once.
  process.on('exit', () => {
    took(inHand);
    try {
      writeAll();
    } catch {
      // It does not: the process ends all the same.
    }
  });

  return {
    write(lines) {
      const chunk = roomFor(lines);
      if (chunk === null) {
        dropped += 1;
        return;
      }
      chunk.end += chunk.bytes.write(lines, chunk.end);
      if (busy) return;
      busy = true;
      // What one turn of the event loop says goes out together.
      setImmediate(begin);
    },
    dropped: () => dropped,
    flush(limit) {
      if (!busy) return Promise.resolve(unwritten());
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(late);
          flushing.delete(done);
          resolve(unwritten());
        };
        const late = setTimeout(done, limit);
        flushing.add(done);
        if (retry === undefined) return;
        clearTimeout(retry);
        begin();
      });
    },
    writing: () => inHand > 0,
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
