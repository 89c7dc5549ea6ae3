import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
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

export interface PartContent {
  readonly number: number;
  readonly stream: AsyncIterable<Buffer>;
  /** Throws to refuse the content. */
  readonly check: (digest: string) => void;
}

const MAX_PART_BYTES = 5 * 1024 ** 3;

/** A part's file has its number and its digest in its name, so that there is nothing else to store of it. */
const NAME = /^(\d{5})\.([0-9A-F]{32})$/;
const nameOf = (number: number, digest: string): string => `${String(number).padStart(5, '0')}.${digest}`;

/** Writes a stream to a file and returns its MD5. */
async function writeDigested(handle: FileHandle, stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('md5');
  const hashed = async function* () {
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > MAX_PART_BYTES) throw refusal('EntityTooLarge', 'A part may have at most 5 GiB.');
      hash.update(chunk);
      yield chunk;
    }
  };
  await handle.writeFile(hashed());
  return hash.digest('hex').toUpperCase();
}

async function filesIn(folder: string): Promise<readonly Part[]> {
  const found: Part[] = [];
  for (const name of await readdir(folder)) {
    const [, number, digest] = NAME.exec(name) ?? [];
    if (number === undefined || digest === undefined) continue;
    const path = join(folder, name);
    const { size, mtime } = await stat(path);
    found.push({ number: Number(number), digest, size, modified: mtime, path });
  }
  return found;
}

/**
 * The parts in a folder, by number: the newest file of each, since a killed process may leave the older one beside it.
 * Rejects if the folder is missing.
 */
export async function partsIn(folder: string): Promise<readonly Part[]> {
  const byNumber = new Map<number, Part>();
  for (const part of await filesIn(folder)) {
    const other = byNumber.get(part.number);
    if (other === undefined || other.modified <= part.modified) byNumber.set(part.number, part);
  }
  return [...byNumber.values()].sort((one, other) => one.number - other.number);
}

/** Writes a part in place of an earlier one of its number; returns its digest. Rejects if the folder is missing. */
export async function writePart(folder: string, { number, stream, check }: PartContent): Promise<string> {
  const temporary = await openTemporary(folder);
  try {
    const digest = await writeDigested(temporary.handle, stream);
    check(digest);
    const before = (await filesIn(folder)).filter((part) => part.number === number);
    await temporary.commit(join(folder, nameOf(number, digest)));
    for (const part of before) if (part.digest !== digest) await rm(part.path, { force: true });
    return digest;
  } finally {
    await temporary.discard();
  }
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
