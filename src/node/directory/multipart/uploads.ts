import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../system-error.ts';
import { byUtf8 } from '../list/walk.ts';
import { TEMPORARY_PREFIX } from '../names.ts';
import { refusal } from '../refusal.ts';
import { type Part, type PartContent, partsIn, writePart } from './parts.ts';

/** An upload that is neither completed nor aborted. */
export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
}

/** Uploads in parts, in a hidden folder of the bucket. They survive a restart. */
export interface Uploads {
  create(key: string): Promise<string>;
  /** Writes a part, in place of an earlier one of its number; returns its digest. */
  write(id: string, key: string, part: PartContent): Promise<string>;
  /** By number. */
  parts(id: string, key: string): Promise<readonly Part[]>;
  /** By key, then by age. */
  list(): Promise<readonly Upload[]>;
  remove(id: string): Promise<void>;
  /** Removes uploads that no client has written to for a week. */
  removeOld(): Promise<void>;
}

const MAX_UPLOADS = 1000;
const OLD_MS = 7 * 24 * 60 * 60 * 1000;
const ID = /^[0-9A-F]{32}$/;
const KEY_FILE = 'key';

/** Resolves to `otherwise` if a file or folder is missing. */
const unlessMissing = <T, U>(work: Promise<T>, otherwise: U): Promise<T | U> =>
  work.catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return otherwise;
    throw error;
  });

/** Turns a missing folder into a refusal: the upload has ended. */
const ofUpload = async <T>(work: Promise<T>): Promise<T> => {
  const done = await unlessMissing(
    work.then((value) => ({ value })),
    null,
  );
  if (done === null) throw refusal('NoSuchUpload');
  return done.value;
};

/** The ids of the uploads in a folder, which need not exist. */
const idsIn = async (folder: string): Promise<readonly string[]> =>
  (await unlessMissing(readdir(folder), [])).filter((name) => ID.test(name));

const keyOf = (folder: string, id: string): Promise<string | null> =>
  unlessMissing(readFile(join(folder, id, KEY_FILE), 'utf8'), null);

/** The folder of an upload. Throws a refusal unless the upload exists and is of this key. */
async function folderOf(folder: string, id: string, key: string): Promise<string> {
  if (!ID.test(id) || (await keyOf(folder, id)) !== key) throw refusal('NoSuchUpload');
  return join(folder, id);
}

async function create(folder: string, key: string): Promise<string> {
  if ((await idsIn(folder)).length >= MAX_UPLOADS) {
    const message = `The bucket has ${MAX_UPLOADS} unfinished uploads: complete or abort some of them.`;
    throw refusal('ServiceUnavailable', message);
  }
  const id = randomUUID().replaceAll('-', '').toUpperCase();
  await mkdir(join(folder, id), { recursive: true });
  try {
    await writeFile(join(folder, id, KEY_FILE), key);
  } catch (error) {
    // An upload without its key counts among the most, and no client can abort it.
    await remove(folder, id);
    throw error;
  }
  return id;
}

async function list(folder: string): Promise<readonly Upload[]> {
  const uploads: Upload[] = [];
  for (const id of await idsIn(folder)) {
    const key = await keyOf(folder, id);
    const found = await unlessMissing(stat(join(folder, id, KEY_FILE)), null);
    if (key !== null && found !== null) uploads.push({ id, key, initiated: found.mtime });
  }
  return uploads.sort(
    (one, other) => byUtf8(one.key, other.key) || one.initiated.getTime() - other.initiated.getTime(),
  );
}

async function remove(folder: string, id: string): Promise<void> {
  await rm(join(folder, id), { recursive: true, force: true });
  // The last upload takes the hidden folder with it.
  await rmdir(folder).catch(() => undefined);
}

async function removeOld(folder: string): Promise<void> {
  for (const id of await idsIn(folder)) {
    const found = await unlessMissing(stat(join(folder, id)), null);
    // The times of files are those of the machine's clock.
    if (found !== null && Date.now() - found.mtimeMs > OLD_MS) await remove(folder, id);
  }
}

/** Opens the uploads of a bucket's folder. */
export function openUploads(root: string): Uploads {
  const folder = join(root, `${TEMPORARY_PREFIX}uploads`);
  return {
    create: (key) => create(folder, key),
    write: async (id, key, part) => ofUpload(writePart(await folderOf(folder, id, key), part)),
    parts: async (id, key) => ofUpload(partsIn(await folderOf(folder, id, key))),
    list: () => list(folder),
    remove: (id) => remove(folder, id),
    removeOld: () => removeOld(folder),
  };
}
