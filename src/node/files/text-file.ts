import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeText } from '../../document/decode.ts';
import { codeOf } from '../system-error.ts';
import { type Disk, files } from './disk.ts';

export interface TextFile {
  readonly text: string;
  /** Changes whenever the file changes. */
  readonly stamp: string;
  readonly mtime: number;
}

/** Ends a sentence that begins with the file's path. */
export interface FileFault {
  readonly fault: string;
  /** The system's error code, if it has one. */
  readonly code?: string;
}

export interface TextFileOptions {
  /** A longer file is a fault. */
  readonly maxBytes: number;
  /** Reads a pipe too: a shell makes one for `<(command)`. */
  readonly pipe?: boolean;
  readonly disk?: Disk;
}

/** Milliseconds between reads of an empty pipe. */
const PIPE_PAUSE = 20;
const CHUNK = 65_536;

/**
 * Reads a file as text (`decodeText`), within limits of size and time. Never rejects. It opens no device, and a pipe without a writer
 * counts as empty.
 */
export const readTextFile = (path: string, options: TextFileOptions): Promise<TextFile | FileFault> =>
  // `readIfChanged` returns null only for a known stamp.
  readIfChanged(path, undefined, options) as Promise<TextFile | FileFault>;

/** The same; null if the file still has the stamp `known`. */
export async function readIfChanged(
  path: string,
  known: string | undefined,
  { maxBytes, pipe = false, disk = files }: TextFileOptions,
): Promise<TextFile | FileFault | null> {
  try {
    return await disk(async (signal) => {
      const found = await stat(path, { bigint: true });
      const fault = faultOf(found, pipe, maxBytes);
      if (fault !== null) return fault;
      const stamp = stampOf(found);
      if (stamp === known) return null;
      // Without O_NONBLOCK `open` blocks on a pipe until it has a writer.
      const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const bytes = await readAtMost(handle, maxBytes, signal);
        if (bytes === null) return tooLong('more bytes', maxBytes);
        return { text: decodeText(bytes), stamp, mtime: Number(found.mtimeMs) };
      } finally {
        await handle.close();
      }
    });
  } catch (error) {
    const code = codeOf(error);
    const why = error instanceof Error ? error.message : String(error);
    return { fault: `can't be read: ${why}`, ...(typeof code === 'string' && { code }) };
  }
}

/** Take it before the read: an edit in between then makes the stamp too old, never the text. */
export const stampOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join('-');

function faultOf(found: BigIntStats, pipe: boolean, maxBytes: number): FileFault | null {
  if (!found.isFile() && !(pipe && found.isFIFO()))
    return { fault: 'is not a file', code: found.isDirectory() ? 'EISDIR' : 'EINVAL' };
  return found.size > maxBytes ? tooLong(`${found.size} bytes, more`, maxBytes) : null;
}

const tooLong = (what: string, maxBytes: number): FileFault => ({
  fault: `has ${what} than the ${maxBytes} it may have`,
  code: 'EFBIG',
});

/** The whole content; null if it is longer, which `stat` does not say of a pipe or a file that grows. */
async function readAtMost(handle: FileHandle, maxBytes: number, signal: AbortSignal): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  while (!signal.aborted) {
    const chunk = await readSome(handle);
    if (chunk === null) await pause(PIPE_PAUSE);
    else if (chunk.length === 0) return Buffer.concat(chunks, size);
    else {
      size += chunk.length;
      if (size > maxBytes) return null;
      chunks.push(chunk);
    }
  }
  throw signal.reason;
}

/** The next bytes; null if a pipe is empty, and no bytes at the end. */
async function readSome(handle: FileHandle): Promise<Buffer | null> {
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, null);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return null;
    throw error;
  }
}
