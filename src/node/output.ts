import { constants, fstatSync, openSync, type Stats } from 'node:fs';

/** A descriptor that can be written to without waiting for whoever reads it. */
export interface Output {
  readonly fd: number;
  /** Bytes that the system takes whole, so that lines of several processes do not mix. */
  readonly whole: number;
  /** Called before each write. */
  prepare(): void;
}

/** PIPE_BUF of Linux, and the most that a pipe of any system takes whole. */
const PIPE_WHOLE = 4_096;
/** A file takes any length whole; this is what one write asks of a disk. */
const FILE_WHOLE = 65_536;

/** Opens standard output (1) or standard error (2) for writes that do not wait. */
export function openOutput(fd: 1 | 2): Output {
  const stats = statsOf(fd);
  // A regular file never makes a write wait for a reader. Opened again it would begin at its first byte.
  if (stats === null || stats.isFile()) return { fd, whole: FILE_WHOLE, prepare: () => {} };
  const own = openAgain(fd);
  if (own !== null) return { fd: own, whole: PIPE_WHOLE, prepare: () => {} };
  return { fd, whole: PIPE_WHOLE, prepare: stats.isFIFO() || stats.isSocket() ? nonBlocking(fd) : () => {} };
}

function statsOf(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
}

/**
 * Whether a write waits is a property of the open file description, which this process shares with its shell, its
 * workers and whatever else has the same pipe or terminal. Linux gives it one of its own; null where it cannot.
 */
function openAgain(fd: number): number | null {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
}

/**
 * A socket, as of systemd's journal, and a pipe of another user cannot be opened again. Node makes the shared
 * description non-blocking for its own stream, but each fork makes it blocking again (libuv, uv_spawn).
 */
function nonBlocking(fd: 1 | 2): () => void {
  const stream: object = fd === 1 ? process.stdout : process.stderr;
  const { _handle: handle } = stream as WithHandle;
  return () => void handle?.setBlocking?.(false);
}

/** What Node's streams of pipes and sockets have, and its types do not say. */
interface WithHandle {
  readonly _handle?: { setBlocking?(blocking: boolean): number };
}
