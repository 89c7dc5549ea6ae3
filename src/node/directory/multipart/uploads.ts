import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../system-error.ts';
import { TEMPORARY_PREFIX } from '../names.ts';
import { refusal } from '../refusal.ts';
import { openTemporary } from '../temporary.ts';

/** A part on the disk. */
export interface Part {
  readonly number: number;
  /** The MD5 of its content, in upper-case hexadecimal. */
  readonly digest: string;
  readonly size: number;
  readonly modified: Date;
  readonly path: string;
}

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

export interface PartContent {
  readonly number: number;
  readonly stream: AsyncIterable<Buffer>;
  /** Throws to refuse the content. */
  readonly check: (digest: string) => void;
}

const MAX_UPLOADS = 1000;
const MAX_PART_BYTES = 5 * 1024 ** 3;
const OLD_MS = 7 * 24 * 60 * 60 * 1000;
const ID = /^[0-9A-F]{32}$/;
const PART = /^(\d{5})\.([0-9A-F]{32})$/;
const KEY_FILE = 'key';

const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';
const noSuchUpload = () => refusal('NoSuchUpload');

async function* bounded(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_PART_BYTES) throw refusal('EntityTooLarge', 'A part may have at most 5 GiB.');
    yield chunk;
  }
}

/** Writes a stream to a file and returns its MD5. */
async function writeDigested(handle: FileHandle, stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('md5');
  const hashed = async function* () {
    for await (const chunk of bounded(stream)) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await handle.writeFile(hashed());
  return hash.digest('hex').toUpperCase();
}

/** The newest file of each number: a killed process may leave the older one beside it. */
function newest(parts: readonly Part[]): readonly Part[] {
  const byNumber = new Map<number, Part>();
  for (const part of parts) {
    const other = byNumber.get(part.number);
    if (other === undefined || other.modified <= part.modified) byNumber.set(part.number, part);
  }
  return [...byNumber.values()].sort((one, other) => one.number - other.number);
}

/** Opens the uploads of a bucket's folder. `now`: milliseconds since 1970, as the disk counts them. */
export function openUploads(root: string, now: () => number = Date.now): Uploads {
  const folder = join(root, `${TEMPORARY_PREFIX}uploads`);

  const readKey = (id: string): Promise<string | undefined> =>
    readFile(join(folder, id, KEY_FILE), 'utf8').catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });

  const folderOf = async (id: string, key: string): Promise<string> => {
    if (!ID.test(id) || (await readKey(id)) !== key) throw noSuchUpload();
    return join(folder, id);
  };

  const ids = async (): Promise<readonly string[]> => {
    const names = await readdir(folder).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    return names.filter((name) => ID.test(name));
  };

  const partsIn = async (inside: string): Promise<readonly Part[]> => {
    const found: Part[] = [];
    for (const name of await readdir(inside)) {
      const [, number, digest] = PART.exec(name) ?? [];
      if (number === undefined || digest === undefined) continue;
      const path = join(inside, name);
      const { size, mtime } = await stat(path);
      found.push({ number: Number(number), digest, size, modified: mtime, path });
    }
    return found;
  };

  const remove = async (id: string): Promise<void> => {
    await rm(join(folder, id), { recursive: true, force: true });
    // The last upload takes the hidden folder with it.
    await rmdir(folder).catch(() => undefined);
  };

  return {
    create: async (key) => {
      if ((await ids()).length >= MAX_UPLOADS) {
        const message = `The bucket has ${MAX_UPLOADS} unfinished uploads: complete or abort some of them.`;
        throw refusal('ServiceUnavailable', message);
      }
      const id = randomUUID().replaceAll('-', '').toUpperCase();
      await mkdir(join(folder, id), { recursive: true });
      await writeFile(join(folder, id, KEY_FILE), key);
      return id;
    },

    write: async (id, key, { number, stream, check }) => {
      const inside = await folderOf(id, key);
      const temporary = await openTemporary(inside).catch((error: unknown) => {
        throw isMissing(error) ? noSuchUpload() : error;
      });
      try {
        const digest = await writeDigested(temporary.handle, stream);
        check(digest);
        const before = (await partsIn(inside)).filter((part) => part.number === number);
        await temporary.commit(join(inside, `${String(number).padStart(5, '0')}.${digest}`));
        for (const part of before) if (part.digest !== digest) await rm(part.path, { force: true });
        return digest;
      } catch (error) {
        // The upload was aborted meanwhile.
        throw isMissing(error) ? noSuchUpload() : error;
      } finally {
        await temporary.discard();
      }
    },

    parts: async (id, key) => {
      const inside = await folderOf(id, key);
      return newest(
        await partsIn(inside).catch((error: unknown) => {
          throw isMissing(error) ? noSuchUpload() : error;
        }),
      );
    },

    list: async () => {
      const uploads: Upload[] = [];
      for (const id of await ids()) {
        const key = await readKey(id);
        const found = await stat(join(folder, id, KEY_FILE)).catch(() => null);
        if (key !== undefined && found !== null) uploads.push({ id, key, initiated: found.mtime });
      }
      return uploads.sort(
        (one, other) =>
          Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)) ||
          one.initiated.getTime() - other.initiated.getTime(),
      );
    },

    remove,

    removeOld: async () => {
      for (const id of await ids()) {
        const found = await stat(join(folder, id)).catch(() => null);
        if (found !== null && now() - found.mtimeMs > OLD_MS) await remove(id);
      }
    },
  };
}

/** Yields the contents of parts, one after another. */
export async function* joinParts(parts: readonly Part[]): AsyncGenerator<Buffer> {
  for (const { path } of parts) yield* createReadStream(path);
}

/** The digest of an object in parts: the MD5 of their digests, with their number. */
export function compositeOf(parts: readonly Part[]): string {
  const hash = createHash('md5');
  for (const { digest } of parts) hash.update(Buffer.from(digest, 'hex'));
  return `${hash.digest('hex').toUpperCase()}-${parts.length}`;
}
