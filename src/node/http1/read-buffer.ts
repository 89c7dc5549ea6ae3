import { streamed } from '../streamed.ts';

/** Bytes of one read. The system commits memory only where it writes, so a buffer for small responses takes a page. */
const SIZE = 64 * 1024;

/** Who has got bytes of a buffer. */
export interface Holder {
  /** Whether it needs them no more. */
  isDone(): boolean;
}

/** Memory that a connection reads into again and again, in place of a new 64 KB for each read. */
export interface ReadBuffer {
  /** What the next read fills. */
  next(): Buffer;
  /** A holder will get what was read last: it is not overwritten while that one needs it. Call it before. */
  hold(holder: Holder): void;
}

interface Space {
  readonly bytes: Buffer;
  holder: Holder | null;
}

/**
 * Opens the memory of one connection. It alternates between two buffers: while a client's connection takes the bytes of
 * one, the next are read into the other. If both are needed, a new one takes the place of the older one.
 */
export function openReadBuffer(): ReadBuffer {
  let now = newSpace();
  let other: Space | null = null;

  return {
    next() {
      if (isFree(now)) return now.bytes;
      const spare: Space = other !== null && isFree(other) ? other : newSpace();
      other = now;
      now = spare;
      return now.bytes;
    },
    hold(holder) {
      // The same holder would not be done with the older buffer once it has the newer one too.
      if (other !== null) isFree(other);
      now.holder = holder;
    },
  };
}

function newSpace(): Space {
  streamed(SIZE);
  return { bytes: Buffer.allocUnsafeSlow(SIZE), holder: null };
}

/** Also lets go of a holder that is done. */
function isFree(space: Space): boolean {
  if (space.holder?.isDone() === false) return false;
  space.holder = null;
  return true;
}
