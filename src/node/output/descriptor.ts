import cluster from 'node:cluster';
import { constants, fstatSync, openSync, type Stats } from 'node:fs';

/** A descriptor for lines, and how to write to it without waiting for its reader. */
export interface Output {
  readonly fd: number;
  /** True if a write may block, on a disk for example: it then runs on a thread. Otherwise it fails with EAGAIN. */
  readonly mayWait: boolean;
  /** Bytes that the system writes at once, so that lines of several processes do not mix. */
  readonly whole: number;
  /** Several processes append to the file: another's line can follow a line that this process could not finish. */
  readonly isShared: boolean;
  /** Called before each write. */
  prepare(): void;
}

/** PIPE_BUF of Linux, the largest of all systems. */
const PIPE_WHOLE = 4_096;
/** One message of Linux's Unix sockets. */
const SOCKET_WHOLE = 32_768;
/** A file takes any length at once; this bounds one write to a disk. */
const FILE_WHOLE = 65_536;

const nothing = (): void => {};

/** Opens standard output (1) or standard error (2) for writes that do not block the event loop. */
export function openOutput(fd: 1 | 2): Output {
  const stats = statsOf(fd);
  // A second open of a regular file would write from its first byte.
  if (stats === null || stats.isFile())
    return { fd, mayWait: true, whole: FILE_WHOLE, isShared: cluster.isWorker, prepare: nothing };
  const own = openAgain(fd);
  if (own !== null) return { fd: own, mayWait: false, whole: PIPE_WHOLE, isShared: false, prepare: nothing };
  if (stats.isSocket() || stats.isFIFO()) {
    const whole = stats.isSocket() ? SOCKET_WHOLE : PIPE_WHOLE;
    return { fd, mayWait: false, whole, isShared: false, prepare: nonBlocking(fd) };
  }
  return { fd, mayWait: true, whole: PIPE_WHOLE, isShared: false, prepare: nothing };
}

function statsOf(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
}

/**
 * O_NONBLOCK belongs to the open file description, which this process shares with its shell, its worker processes and
 * every other process on the same pipe or terminal. Linux opens a second description; null on systems that cannot.
 */
function openAgain(fd: number): number | null {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
}

/**
 * A socket, systemd's journal for example, and a pipe of another user cannot be opened again. Node makes the shared
 * description non-blocking for its own stream, but each fork makes it blocking again (libuv, uv_spawn).
 */
function nonBlocking(fd: 1 | 2): () => void {
  const stream: NodeJS.WriteStream & WithHandle = fd === 1 ? process.stdout : process.stderr;
  // The writer gets the error of its own write; without a listener the stream's error would end the process.
  stream.on('error', nothing);
  const { _handle: handle } = stream;
  return () => void handle?.setBlocking?.(false);
}

/** Node's streams of pipes and sockets have this; its types do not declare it. */
interface WithHandle {
  readonly _handle?: { setBlocking?(blocking: boolean): number };
}
