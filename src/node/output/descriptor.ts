import { constants, fstatSync, openSync, type Stats } from 'node:fs';

/** A descriptor for lines, and how to write to it without waiting for its reader. */
export interface Output {
  readonly fd: number;
  /** A write may wait, for a disk say, so that it belongs on a thread. Elsewhere it fails at once with EAGAIN. */
  readonly mayWait: boolean;
  /** Bytes that the system takes whole, so that lines of several processes do not mix. */
  readonly whole: number;
  /** Called before each write. */
  prepare(): void;
}

/** PIPE_BUF of Linux, the largest there is. */
const PIPE_WHOLE = 4_096;
/** One message of Linux's Unix sockets. */
const SOCKET_WHOLE = 32_768;
/** A file takes any length whole; this is what one write asks of a disk. */
const FILE_WHOLE = 65_536;

const nothing = (): void => {};

/** Opens standard output (1) or standard error (2) for writes that do not wait. */
export function openOutput(fd: 1 | 2): Output {
  const stats = statsOf(fd);
  // Opened again, a regular file would be written from its first byte.
  if (stats === null || stats.isFile()) return { fd, mayWait: true, whole: FILE_WHOLE, prepare: nothing };
  const own = openAgain(fd);
  if (own !== null) return { fd: own, mayWait: false, whole: PIPE_WHOLE, prepare: nothing };
  if (stats.isSocket() || stats.isFIFO()) {
    const whole = stats.isSocket() ? SOCKET_WHOLE : PIPE_WHOLE;
    return { fd, mayWait: false, whole, prepare: nonBlocking(fd) };
  }
  return { fd, mayWait: true, whole: PIPE_WHOLE, prepare: nothing };
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
