import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A named pipe of the system. The `pipe` of a child process in Node is a socket. */
export interface Pipe {
  /** File descriptor for a process that writes: a write blocks, as to a shell's pipe. */
  readonly writes: number;
  /** All bytes that are in the pipe now. */
  read(): Buffer;
  /** Close the reading end, and open it again. */
  closeReader(): void;
  openReader(): void;
  close(): void;
}

const READ_AT_ONCE = 65_536;

export function openPipe(): Pipe {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  let reads: number | null = null;
  const bytes = Buffer.alloc(READ_AT_ONCE);
  const openReader = (): void => {
    reads ??= openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  };
  const closeReader = (): void => {
    if (reads !== null) closeSync(reads);
    reads = null;
  };
  openReader();
  const writes = openSync(path, constants.O_WRONLY);
  return {
    writes,
    read: () => {
      const read: Buffer[] = [];
      if (reads === null) return Buffer.alloc(0);
      for (let count = take(reads, bytes); count > 0; count = take(reads, bytes))
        read.push(Buffer.from(bytes.subarray(0, count)));
      return Buffer.concat(read);
    },
    closeReader,
    openReader,
    close: () => {
      closeReader();
      closeSync(writes);
      rmSync(folder, { recursive: true });
    },
  };
}

/** The number of bytes read; 0 if the pipe is empty. */
function take(fd: number, bytes: Buffer): number {
  try {
    return readSync(fd, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
