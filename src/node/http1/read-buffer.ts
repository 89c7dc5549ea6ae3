import { streamed } from './streamed.ts';

/** Bytes of one buffer. The system commits memory only where it is written. */
const SIZE = 64 * 1024;
/** The least that a read may fill. */
const LEAST = 16 * 1024;

/** Who has got bytes of a buffer. */
export interface Holder {
  /** Whether it needs them no more. */
  isDone(): boolean;
}

/** Memory that a connection reads into again and again, in place of a new 64 KB for each read. */
export interface ReadBuffer {
  /** What the next read fills, 16 KB or more. */
  next(): Buffer;
  /** A holder will get so many bytes that were read last: they are not overwritten while it needs them. Call it before. */
  hold(holder: Holder, count: number): void;
}

interface Space {
  readonly bytes: Buffer;
  /** Bytes from its beginning that a holder has. */
  used: number;
  holder: Holder | null;
}

/**
 * Opens the memory of one connection. It alternates between two buffers: while a client's connection takes the bytes of
 * one, the next are read into the other. While both are needed, small reads fill what is left of one; then a new buffer
 * takes the place of the older one.
 */
export function openReadBuffer(): ReadBuffer {
  let now = newSpace();
  let other: Space | null = null;

  /** What is left of the space in use, after a change to the other one if that is free. */
  function rest(): Buffer {
    if (isFree(now)) return now.bytes;
    if (other !== null && isFree(other)) [now, other] = [other, now];
    return now.bytes.subarray(now.used);
  }

  return {
    next() {
      const left = rest();
      if (left.length >= LEAST) return left;
      [now, other] = [newSpace(), now];
      return now.bytes;
    },
    hold(holder, count) {
      // The same holder would not be done with the older buffer once it has the newer one too.
      if (other !== null) isFree(other);
      const { holder: earlier } = now;
      now.holder =
        earlier === null || earlier === holder || earlier.isDone() ? holder : bothOf(earlier, holder);
      now.used += count;
    },
  };
}

function newSpace(): Space {
  streamed(SIZE);
  return { bytes: Buffer.allocUnsafeSlow(SIZE), used: 0, holder: null };
}

/** Also lets go of a holder that is done. */
function isFree(space: Space): boolean {
  if (space.holder?.isDone() === false) return false;
  space.holder = null;
  space.used = 0;
  return true;
}

/** A client may still read the response before that of another. */
const bothOf = (one: Holder, other: Holder): Holder => ({ isDone: () => one.isDone() && other.isDone() });
