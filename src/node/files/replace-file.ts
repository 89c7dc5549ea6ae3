import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import {
  access,
  appendFile,
  constants,
  type FileHandle,
  open,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { resolve } from 'node:path';

/** What a shell's `>` gives a new file, before the umask. */
const NEW_MODE = 0o666;

/** An output of this process, which may be a regular file: a new file with its name would not be that output. */
const DESCRIPTOR = /^\/(?:dev\/(?:std(?:in|out|err)|fd\/\d+)|proc\/.+\/fd\/\d+)$/;

/**
 * Writes a whole text file at once: a reader finds the old text or the new one. The file behind a symbolic link is
 * replaced; its permissions stay, and its owner where the system lets this process set it. Another hard link to the
 * file still has the old text. A device, a pipe and an output of this process get the text as from a shell's `>>`.
 * Rejects with the system's error, and then the old file is as it was.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const old = await stat(path).catch(() => null);
  if (old !== null && isStream(path, old)) return appendFile(path, text);
  const { temporary, target } = await prepareFile(path, text);
  try {
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Whether text is added to what is at a path: a device, a pipe, a folder, or an output of this process. */
export const isStream = (path: string, found: Stats): boolean =>
  !found.isFile() || DESCRIPTOR.test(resolve(path));

/**
 * Writes the new text of a regular file to the disk, beside the file: `temporary` is to be renamed to `target`, the file
 * behind a symbolic link. Rejects with the system's error, and leaves nothing then.
 */
export async function prepareFile(
  path: string,
  text: string,
): Promise<{ readonly temporary: string; readonly target: string }> {
  const old = await stat(path).catch(() => null);
  // The folder's permission alone would let a rename replace a file that its owner has protected.
  if (old !== null) await access(path, constants.W_OK);
  const target = await realpath(path).catch(() => path);
  // A rename is atomic within a file system only, so the temporary file is in the same folder.
  const temporary = `${target}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'wx', old === null ? NEW_MODE : permissions(old));
  try {
    await write(handle, text, old);
    return { temporary, target };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

const permissions = ({ mode }: Stats): number => mode & 0o7777;

async function write(handle: FileHandle, text: string, old: Stats | null): Promise<void> {
  try {
    await handle.writeFile(text);
    if (old !== null) {
      // Only root may give a file to another user.
      await handle.chown(old.uid, old.gid).catch(() => {});
      // After `chown`, which takes bits from the mode, as the umask does at `open`.
      await handle.chmod(permissions(old));
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
