import { realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { codeOf } from '../system-error.ts';
import { openTemporary } from './temporary.ts';

/** Why a directory bucket can't be opened. */
export type DirectoryBucketProblem =
  | 'folder_missing'
  | 'folder_not_directory'
  | 'folder_not_writable'
  | 'folder_silent'
  | 'rules_file_in_folder'
  | 'open_to_others'
  | 'cannot_listen';

/** Says in one line what is wrong with which folder, and what to do. */
export interface DirectoryBucketError extends Error {
  readonly problem: DirectoryBucketProblem;
  /** As it was given. */
  readonly folder: string;
}

export const directoryBucketError = (
  problem: DirectoryBucketProblem,
  folder: string,
  message: string,
): DirectoryBucketError => Object.assign(new Error(message), { problem, folder });

/** Tells the errors of `openDirectoryBucket` that a person can mend from all others. */
export const isDirectoryBucketError = (error: unknown): error is DirectoryBucketError =>
  error instanceof Error && 'problem' in error && 'folder' in error;

// Only writing shows whether one can write: root passes every check of permissions, and a file system may be
// mounted read-only.
const tryWriting = async (root: string, folder: string): Promise<void> => {
  try {
    const temporary = await openTemporary(root);
    await temporary.discard();
  } catch (error) {
    const why = codeOf(error) ?? 'unknown error';
    const message = `the bucket folder ${folder} can't be written to (${why}): let this user write there, or name another folder`;
    throw directoryBucketError('folder_not_writable', folder, message);
  }
};

/**
 * Checks the folder of a bucket and gives its real path.
 * @throws DirectoryBucketError
 */
export const openFolder = async (folder: string): Promise<string> => {
  const found = await stat(folder).catch((error: unknown) => {
    const why = codeOf(error) ?? 'unknown error';
    const message = `the bucket folder ${folder} can't be found (${why}): make it, or name another folder`;
    throw directoryBucketError('folder_missing', folder, message);
  });
  if (!found.isDirectory()) {
    const message = `the bucket folder ${folder} is not a folder: name the folder that holds the objects`;
    throw directoryBucketError('folder_not_directory', folder, message);
  }
  const root = await realpath(folder);
  await tryWriting(root, folder);
  return root;
};

export const silentFolder = (folder: string): DirectoryBucketError =>
  directoryBucketError(
    'folder_silent',
    folder,
    `the bucket folder ${folder} is on a disk that does not answer: look at the disk, or name another folder`,
  );

/**
 * Where the CORS document is kept: `<folder>.cors.xml` unless `rulesFile` is given.
 * @throws DirectoryBucketError when that lies inside the folder, where it would be an object anybody may write
 */
export const rulesFileOf = (folder: string, root: string, rulesFile: string | undefined): string => {
  const file = resolve(rulesFile ?? `${resolve(folder)}.cors.xml`);
  const inside = [root, resolve(folder)].some((parent) =>
    file.startsWith(parent.endsWith(sep) ? parent : parent + sep),
  );
  if (!inside) return file;
  const message = `the rules file ${file} lies inside the bucket folder ${folder}, where it would be an object: keep it elsewhere`;
  throw directoryBucketError('rules_file_in_folder', folder, message);
};
