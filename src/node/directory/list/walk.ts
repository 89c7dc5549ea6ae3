import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../system-error.ts';
import { TEMPORARY_PREFIX } from '../names.ts';

/** Which keys of a bucket are walked. */
export interface Scope {
  /** Keys begin like this. */
  readonly prefix: string;
  /** Keys come after this one; empty: all. */
  readonly after: string;
}

/** Compares two keys by the bytes of their UTF-8, as stores order them. */
export const byUtf8 = (one: string, other: string): number =>
  Buffer.compare(Buffer.from(one), Buffer.from(other));

/** The name in a key of an entry of a folder, with a slash after a folder's; empty: clients cannot reach it. */
function nameOf(entry: Dirent): string {
  const { name } = entry;
  // U+FFFD: the name's bytes are not UTF-8. Symbolic links are neither files nor folders here.
  const isHidden = name.toLowerCase().startsWith(TEMPORARY_PREFIX) || /[\\\u{FFFD}]/u.test(name);
  if (isHidden) return '';
  if (entry.isDirectory()) return `${name}/`;
  return entry.isFile() ? name : '';
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    // Another request has removed the folder with its last object.
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** Whether a folder, whose name ends with a slash, may contain keys of the scope. */
const mayContain = (folder: string, { prefix, after }: Scope): boolean =>
  (folder.startsWith(prefix) || prefix.startsWith(folder)) &&
  (after.startsWith(folder) || byUtf8(folder, after) > 0);

async function* keysBelow(root: string, folder: string, scope: Scope): AsyncGenerator<string> {
  const entries = await entriesOf(join(root, folder));
  const names = entries.map(nameOf).filter((name) => name !== '');
  for (const name of names.sort(byUtf8)) {
    const key = folder + name;
    if (key.endsWith('/')) {
      if (mayContain(key, scope)) yield* keysBelow(root, key, scope);
    } else if (key.startsWith(scope.prefix) && byUtf8(key, scope.after) > 0) yield key;
  }
}

/** Yields the keys of a bucket's folder in the order of stores. It follows no symbolic link. */
export const walk = (root: string, scope: Scope): AsyncGenerator<string> => keysBelow(root, '', scope);
