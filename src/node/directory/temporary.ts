import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryName } from './names.ts';

/** A file that is not visible as an object until it is complete. */
export interface Temporary {
  readonly handle: FileHandle;
  /** Closes the file and renames it to `path`, atomically; replaces a file that is there. */
  commit(path: string): Promise<void>;
  /** Closes and removes the file; does nothing after a commit. */
  discard(): Promise<void>;
}

/** Opens a temporary file in `folder`, which must be on the file system of the final path. */
export async function openTemporary(folder: string): Promise<Temporary> {
  const temporary = join(folder, temporaryName());
  const handle = await open(temporary, 'wx');
  let committed = false;
  return {
    handle,
    commit: async (path) => {
      await handle.close();
      await rename(temporary, path);
      committed = true;
    },
    discard: async () => {
      if (committed) return;
      await handle.close().catch(() => undefined);
      await rm(temporary, { force: true });
    },
  };
}
