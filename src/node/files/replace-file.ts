import { randomUUID } from 'node:crypto';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';

/** What a shell's `>` gives a new file, before the umask. */
const NEW_MODE = 0o666;

/**
 * Writes a whole text file at once: a reader finds the old text or the new one. The file behind a symbolic link is
 * replaced, and its permissions stay. Rejects with the system's error, and then the old file is as it was.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const mode = await stat(target).then(
    (found) => found.mode & 0o7777,
    () => null,
  );
  // A rename is atomic within a file system only, so the temporary file is in the same folder.
  const temporary = `${target}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'wx', mode ?? NEW_MODE);
  try {
    await write(handle, text, mode);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function write(handle: FileHandle, text: string, mode: number | null): Promise<void> {
  try {
    await handle.writeFile(text);
    // The umask takes bits from the mode that `open` is given.
    if (mode !== null) await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
