import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../system-error.ts';
import { refusal } from './refusal.ts';

/** The paths of an object on the disk. */
export interface Place {
  readonly path: string;
  /** The folder that contains it. */
  readonly folder: string;
  /** Every folder between the root and the object, outermost first, without the root. */
  readonly parents: readonly string[];
}

/** Returns the place of an object; `root` is a real path, `segments` come from `readTarget`. */
export function placeOf(root: string, segments: readonly string[]): Place {
  const paths = segments.map((_, index) => join(root, ...segments.slice(0, index + 1)));
  const parents = paths.slice(0, -1);
  return { path: paths.at(-1) ?? root, folder: parents.at(-1) ?? root, parents };
}

const throughLink = () =>
  refusal('InvalidObjectName', 'The specified object is not valid: a symbolic link is in its path.');

/** The kind of file at a path. Throws a refusal for a symbolic link. */
export async function kindAt(path: string): Promise<'nothing' | 'file' | 'folder' | 'other'> {
  try {
    const stat = await lstat(path);
    if (stat.isSymbolicLink()) throw throughLink();
    if (stat.isFile()) return 'file';
    return stat.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return 'nothing';
    throw error;
  }
}

/**
 * Whether all folders above an object exist. Walks from the root, so that it never follows a symbolic link, not even to
 * see whether a file exists. Throws a refusal if one of the folders is a symbolic link.
 */
export async function foldersExist(place: Place): Promise<boolean> {
  for (const parent of place.parents) {
    if ((await kindAt(parent)) !== 'folder') return false;
  }
  return true;
}

/** Opens an object's file for reading; undefined without such a file. The caller closes it. */
export async function openObject(place: Place): Promise<FileHandle | undefined> {
  if (!(await foldersExist(place))) return undefined;
  let handle: FileHandle;
  try {
    // O_NONBLOCK: opening a FIFO would otherwise wait for a writer without a limit.
    handle = await open(place.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENXIO') return undefined;
    throw code === 'ELOOP' ? throughLink() : error;
  }
  try {
    // Check again after opening: a folder may have been replaced by a link in between.
    if ((await foldersExist(place)) && (await handle.stat()).isFile()) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/** Makes the folders above an object. Throws a refusal if one of their paths is a link or another object. */
export async function makeFolders(place: Place): Promise<void> {
  for (const parent of place.parents) {
    await mkdir(parent).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    const kind = await kindAt(parent);
    if (kind === 'file' || kind === 'other') throw refusal('FileAlreadyExists');
  }
}

/** The folders above an object, outermost first, up to the first path that is missing or not a folder. */
async function existingFolders(place: Place): Promise<string[]> {
  const existing: string[] = [];
  for (const parent of place.parents) {
    if ((await kindAt(parent).catch(() => 'other')) !== 'folder') break;
    existing.push(parent);
  }
  return existing;
}

/** Removes the empty folders above an object, innermost first, without the root. */
export async function removeEmptyFolders(place: Place): Promise<void> {
  const existing = await existingFolders(place);
  for (const parent of existing.reverse()) {
    try {
      await rmdir(parent);
    } catch {
      return;
    }
  }
}
