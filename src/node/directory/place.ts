import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../system-error.ts';
import { refusal } from './refusal.ts';

/** Where an object lies on the disk. */
export interface Place {
  readonly path: string;
  /** The folder it lies in. */
  readonly folder: string;
  /** Every folder between the root and the object, outermost first; the root is not among them. */
  readonly parents: readonly string[];
}

/** Builds the place of an object; `root` is a real path, `segments` come from `readTarget`. */
export const placeOf = (root: string, segments: readonly string[]): Place => {
  const paths = segments.map((_, index) => join(root, ...segments.slice(0, index + 1)));
  const parents = paths.slice(0, -1);
  return { path: paths.at(-1) ?? root, folder: parents.at(-1) ?? root, parents };
};

const throughLink = () =>
  refusal('InvalidObjectName', 'The specified object is not valid: a symbolic link is in its path.');

/** What stands at a path, the path's own last link not followed. */
export const kindAt = async (path: string): Promise<'nothing' | 'file' | 'folder' | 'other'> => {
  try {
    const stat = await lstat(path);
    if (stat.isSymbolicLink()) throw throughLink();
    if (stat.isFile()) return 'file';
    return stat.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return 'nothing';
    throw error;
  }
};

/**
 * Whether all folders above an object exist. Walks from the top, so that nothing behind a symbolic link is
 * ever looked at: not even whether it exists.
 * @throws a refusal when one of them is a symbolic link
 */
export const foldersStand = async (place: Place): Promise<boolean> => {
  for (const parent of place.parents) {
    if ((await kindAt(parent)) !== 'folder') return false;
  }
  return true;
};

/** Opens an object's file for reading, or undefined when there is none. The caller closes it. */
export const openObject = async (place: Place): Promise<FileHandle | undefined> => {
  if (!(await foldersStand(place))) return undefined;
  let handle: FileHandle;
  try {
    // O_NONBLOCK: opening a FIFO would otherwise wait for a writer for ever.
    handle = await open(place.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENXIO') return undefined;
    throw code === 'ELOOP' ? throughLink() : error;
  }
  try {
    // Again, with the file in hand: a folder may have been exchanged for a link before the opening.
    if ((await foldersStand(place)) && (await handle.stat()).isFile()) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
};

/**
 * Makes the folders above an object.
 * @throws a refusal when a link or another object stands in the way
 */
export const makeFolders = async (place: Place): Promise<void> => {
  for (const parent of place.parents) {
    await mkdir(parent).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    const kind = await kindAt(parent);
    if (kind === 'file' || kind === 'other') throw refusal('FileAlreadyExists');
  }
};

/** The folders above an object, outermost first, as far down as they are folders and no link. */
const standingFolders = async (place: Place): Promise<string[]> => {
  const standing: string[] = [];
  for (const parent of place.parents) {
    if ((await kindAt(parent).catch(() => 'other')) !== 'folder') break;
    standing.push(parent);
  }
  return standing;
};

/** Removes the folders above an object that are empty, innermost first; the root stays. */
export const removeEmptyFolders = async (place: Place): Promise<void> => {
  const standing = await standingFolders(place);
  for (const parent of standing.reverse()) {
    try {
      await rmdir(parent);
    } catch {
      return;
    }
  }
};
