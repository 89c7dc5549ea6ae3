import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_PREFIX } from './names.ts';

/** A file being written that nobody sees until it is whole. */
export interface Temporary {
  readonly handle: FileHandle;
  /** Closes the file and puts it at `path`, at once and in place of what stood there. */
  commit(path: string): Promise<void>;
  /** Closes and removes the file; does nothing after a commit. */
  discard(): Promise<void>;
}

/** Makes a temporary file in `folder`, which has to be the folder of the file it will become. */
export const openTemporary = async (folder: string): Promise<Temporary> => {
  const temporary = join(folder, `${TEMPORARY_PREFIX}${randomUUID()}`);
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
};
