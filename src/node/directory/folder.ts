import { realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { codeOf } from '../system-error.ts';
import { openTemporary } from './temporary.ts';

/** Why a directory bucket cannot be opened. */
export type DirectoryBucketProblem =
  | 'folder_missing'
  | 'folder_not_directory'
  | 'folder_not_writable'
  | 'folder_silent'
  | 'rules_file_in_folder'
  | 'open_to_others'
  | 'cannot_listen';

/** An error whose message is one line: the folder, what is wrong with it, and what to do. */
export interface DirectoryBucketError extends Error {
  readonly problem: DirectoryBucketProblem;
  /** As the caller gave it. */
  readonly folder: string;
}

export const directoryBucketError = (
  problem: DirectoryBucketProblem,
  folder: string,
  message: string,
): DirectoryBucketError => Object.assign(new Error(message), { problem, folder });

/** True for the errors of `openDirectoryBucket` that the operator can correct. */
export const isDirectoryBucketError = (error: unknown): error is DirectoryBucketError =>
  error instanceof Error && 'problem' in error && 'folder' in error;

// Write a file instead of checking permissions: root passes every check, and a file system may be read-only.
async function tryWriting(root: string, folder: string): Promise<void> {
  try {
    const temporary = await openTemporary(root);
    await temporary.discard();
  } catch (error) {
    const why = codeOf(error) ?? 'unknown error';
    const message = `the bucket folder ${folder} can't be written to (${why}): let this user write there, or name another folder`;
    throw directoryBucketError('folder_not_writable', folder, message);
  }
}

/** Returns the real path of a bucket's folder. Throws a DirectoryBucketError if the folder is missing or not writable. */
export async function openFolder(folder: string): Promise<string> {
  const root = await findFolder(folder);
  await tryWriting(root, folder);
  return root;
}

/** Returns the real path of a bucket's folder, and writes nothing. Throws a DirectoryBucketError if it is missing. */
export async function findFolder(folder: string): Promise<string> {
  const found = await stat(folder).catch((error: unknown) => {
    const why = codeOf(error) ?? 'unknown error';
    const message = `the bucket folder ${folder} can't be found (${why}): make it, or name another folder`;
    throw directoryBucketError('folder_missing', folder, message);
  });
  if (!found.isDirectory()) {
    const message = `the bucket folder ${folder} is not a folder: name the folder with the objects`;
    throw directoryBucketError('folder_not_directory', folder, message);
  }
  return realpath(folder);
}

export const silentFolder = (folder: string): DirectoryBucketError =>
  directoryBucketError(
    'folder_silent',
    folder,
    `the bucket folder ${folder} is on a disk that does not answer: look at the disk, or name another folder`,
  );

/**
 * The path of the CORS document: `rulesFile`, or else `<folder>.cors.xml`. Throws a DirectoryBucketError if it is inside the
 * folder, where it would be an object that every client may write.
 */
export function rulesFileOf(folder: string, root: string, rulesFile: string | undefined): string {
  const file = resolve(rulesFile ?? `${resolve(folder)}.cors.xml`);
  const inside = [root, resolve(folder)].some((parent) =>
    file.startsWith(parent.endsWith(sep) ? parent : parent + sep),
  );
  if (!inside) return file;
  const message = `the rules file ${file} lies inside the bucket folder ${folder}, where it would be an object: name a file outside the folder`;
  throw directoryBucketError('rules_file_in_folder', folder, message);
}
