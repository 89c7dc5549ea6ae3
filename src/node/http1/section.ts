import { CR, LF } from '../../bucket/octets.ts';
import { answerFault, type Fault } from './fault.ts';
import type { Lines } from './head.ts';

/** The bytes of a head, or of a trailer section, with the empty line at its end. */
export const MAX_SECTION = 65_536;

/** The end of the last line, and the empty line. */
const EMPTY_LINE = Buffer.from('\r\n\r\n');

const FIRST_SIZE = 2_048;

/** A head or a trailer section, which may come in several parts. */
export interface Section {
  /** Takes bytes from `start` on, and returns where those after the section begin; -1 if it has not ended yet. */
  take(bytes: Buffer, start: number): number;
  /** Whether the first of the bytes so far are those of `begin`, as many as there are. */
  begins(begin: string): boolean;
  /** The section that has ended, without the empty line. They are valid until the next `take` or `clear`. */
  lines(): Lines;
  /** Drops what it has. */
  clear(): void;
}

const NO_LINES: Lines = { bytes: Buffer.alloc(0), start: 0, end: 0 };

const sizeFault = (): Fault =>
  answerFault(`the head of the response, or its trailer section, is larger than ${MAX_SECTION} bytes`);

export function openSection(): Section {
  // It grows by doubling, and is searched only where it is new: bytes that come one by one cost no more than together.
  let space: Buffer | null = null;
  let used = 0;
  let lines = NO_LINES;

  function clear(): void {
    space = null;
    used = 0;
    lines = NO_LINES;
  }

  function append(bytes: Buffer, start: number): Buffer {
    const count = Math.min(bytes.length - start, MAX_SECTION - used);
    let size = space?.length ?? FIRST_SIZE;
    while (size < used + count) size *= 2;
    if (space?.length !== size) {
      const larger = Buffer.allocUnsafeSlow(size);
      space?.copy(larger, 0, 0, used);
      space = larger;
    }
    bytes.copy(space, used, start, start + count);
    used += count;
    return space;
  }

  /** A section of several parts. */
  function takeMore(bytes: Buffer, start: number): number {
    const before = used;
    const all = append(bytes, start);
    const end = all.subarray(0, used).indexOf(EMPTY_LINE, Math.max(0, before - EMPTY_LINE.length + 1));
    checkLineEnds(all, before, end === -1 ? used : end + EMPTY_LINE.length);
    if (end === -1) {
      if (used === MAX_SECTION) throw sizeFault();
      return -1;
    }
    const next = start + end + EMPTY_LINE.length - before;
    clear();
    lines = { bytes: all, start: 0, end: end + 2 };
    return next;
  }

  return {
    take(bytes, start) {
      if (used > 0) return takeMore(bytes, start);
      const end = bytes.indexOf(EMPTY_LINE, start);
      if (end === -1) return takeMore(bytes, start);
      if (end + EMPTY_LINE.length - start > MAX_SECTION) throw sizeFault();
      lines = { bytes, start, end: end + 2 };
      return end + EMPTY_LINE.length;
    },
    begins: (begin) => begin.startsWith(space?.toString('latin1', 0, Math.min(used, begin.length)) ?? ''),
    lines: () => lines,
    clear,
  };
}

/** A section with other line ends might never end (RFC 9112 §2.2): it is refused as soon as they come. */
function checkLineEnds(bytes: Buffer, start: number, end: number): void {
  for (let at = Math.max(1, start); at < end; at += 1)
    if ((bytes[at - 1] === CR) !== (bytes[at] === LF))
      throw answerFault('a line of the head, or of the trailer section, does not end with CRLF');
}
