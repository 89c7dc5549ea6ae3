/** Lines that wait to be written: UTF-8 in a few chunks of memory, within a bound. */
export interface LineQueue {
  /** Adds a line with its end; false if the bound leaves no room for it. */
  add(line: string): boolean;
  /** What to write next: as many whole lines as the output takes at once, or one longer line. Null if no line waits. */
  next(): Piece | null;
  /** Removes the first `count` bytes of a piece, which are written. */
  remove(piece: Piece, count: number): void;
  /** Whether the first bytes of the next line are written already. */
  isCut(): boolean;
  /** Has the next line written from its first byte again. */
  rewind(): void;
  /** Removes all lines and returns their number. */
  clear(): number;
}

export interface Piece {
  readonly chunk: Chunk;
  readonly start: number;
  readonly count: number;
}

interface Chunk {
  readonly bytes: Buffer;
  /** The bytes from `start` to `end` are not written yet. */
  start: number;
  end: number;
}

const CHUNK = 65_536;
/** Most UTF-8 bytes of one UTF-16 code unit. */
const UTF8_MOST = 3;
const NEWLINE = 0x0a;

/** `most` bounds the bytes of all chunks, `whole` those of a piece of several lines. */
export function createLineQueue(most: number, whole: number): LineQueue {
  const chunks: Chunk[] = [];
  /** A chunk of the usual size, to be used again. */
  let spare: Chunk | null = null;
  let allocated = 0;

  function allocate(size: number): Chunk | null {
    const length = Math.max(size, CHUNK);
    if (allocated + length > most) return null;
    const chunk = length === CHUNK && spare !== null ? spare : newChunk(length);
    if (chunk === spare) spare = null;
    allocated += length;
    chunks.push(chunk);
    return chunk;
  }

  /** A chunk with room for the text; null if the bound leaves none. */
  function roomFor(text: string): Chunk | null {
    const last = chunks.at(-1);
    const room = last === undefined ? 0 : last.bytes.length - last.end;
    if (last !== undefined && room >= text.length * UTF8_MOST) return last;
    const size = Buffer.byteLength(text);
    return last !== undefined && room >= size ? last : allocate(size);
  }

  return {
    add(line) {
      const chunk = roomFor(line);
      if (chunk === null) return false;
      chunk.end += chunk.bytes.write(line, chunk.end);
      return true;
    },
    next() {
      const [chunk] = chunks;
      return chunk === undefined ? null : { chunk, start: chunk.start, count: wholeLines(chunk, whole) };
    },
    remove({ chunk }, count) {
      chunk.start += count;
      // `clear` may have removed the chunk during the write.
      if (chunk.start < chunk.end || chunk !== chunks[0]) return;
      chunks.shift();
      allocated -= chunk.bytes.length;
      if (chunk.bytes.length === CHUNK) spare = Object.assign(chunk, { start: 0, end: 0 });
    },
    isCut: () => chunks[0] !== undefined && chunks[0].start > lineStart(chunks[0]),
    rewind() {
      const [chunk] = chunks;
      if (chunk !== undefined) chunk.start = lineStart(chunk);
    },
    clear() {
      allocated = 0;
      return chunks.splice(0).reduce((lines, chunk) => lines + linesIn(chunk), 0);
    },
  };
}

const newChunk = (length: number): Chunk => ({ bytes: Buffer.allocUnsafeSlow(length), start: 0, end: 0 });

/** Where the line at `start` begins. Bytes before `start` stay in the chunk until it is removed. */
const lineStart = ({ bytes, start }: Chunk): number =>
  start === 0 ? 0 : bytes.lastIndexOf(NEWLINE, start - 1) + 1;

function linesIn({ bytes, start, end }: Chunk): number {
  let lines = 0;
  for (const byte of bytes.subarray(start, end)) if (byte === NEWLINE) lines += 1;
  return lines;
}

/** The bytes of as many lines as the output takes whole; a longer line goes out alone. */
function wholeLines({ bytes, start, end }: Chunk, whole: number): number {
  if (end - start <= whole) return end - start;
  const last = bytes.lastIndexOf(NEWLINE, start + whole - 1);
  if (last >= start) return last + 1 - start;
  const next = bytes.indexOf(NEWLINE, start + whole);
  return (next === -1 || next >= end ? end : next + 1) - start;
}
