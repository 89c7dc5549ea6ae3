import type { Dirent } from 'node:fs';
import { lstat, opendir, realpath, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { monotonic } from '../../rules/clock.ts';
import { isTemporary } from './names.ts';

/** Milliseconds since the last write: an upload may be under way in another process. */
const OLD_MS = 24 * 60 * 60 * 1000;
const ENTRIES_MOST = 1_000_000;
/** Milliseconds for the whole folder. */
const LIMIT_MS = 60_000;

/**
 * Removes the temporary files of uploads that ended with their process, in all folders below `root`, a real path, until the
 * signal or a bound ends it: in a larger folder the files beyond the bound stay. It follows no symbolic link. Never rejects: what stays only takes space.
 */
export async function removeLeftovers(root: string, signal: AbortSignal): Promise<void> {
  const began = monotonic();
  const folders = [root];
  let seen = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of entriesOf(folder)) {
      seen += 1;
      if (signal.aborted || seen > ENTRIES_MOST || monotonic() - began > LIMIT_MS) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile() && isTemporary(entry.name)) await removeOld(path).catch(() => undefined);
    }
  }
}

/** None if the folder cannot be read, or if a link has replaced it or a folder above it. */
async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  try {
    if ((await realpath(folder)) === folder) yield* await opendir(folder);
  } catch {
    // A client has removed it meanwhile, or this user may not read it.
  }
}

async function removeOld(path: string): Promise<void> {
  // The times of files are those of the machine's clock.
  if (Date.now() - (await lstat(path)).mtimeMs > OLD_MS) await unlink(path);
}
