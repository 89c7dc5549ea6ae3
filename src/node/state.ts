import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  decodeKept,
  encodeKept,
  firstOfRow,
  type Keep,
  MAX_KEPT_BYTES,
  onceEach,
  within,
} from '../rules/keep.ts';
import type { LastGood } from '../rules/ledger.ts';
import { startFault } from './start-fault.ts';

/** Milliseconds until a disk that does not answer is done without. */
const DISK_TIMEOUT = 5_000;
/** A temporary file this old belongs to a process that is gone. */
const LEFT_OVER = 3_600_000;
const TEMPORARY = /^\.rules-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
const READABLE = 60;

const temporaryIn = (folder: string): string => join(folder, `.rules-${randomUUID()}.tmp`);

/** Two buckets never share a file, on file systems without upper case neither. */
function fileOf(bucket: string): string {
  const readable = bucket.slice(0, READABLE).replaceAll(/[^A-Za-z0-9.-]/g, '_');
  const hash = createHash('sha256').update(bucket).digest('hex').slice(0, 32);
  return `rules-${readable}-${hash}.json`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/**
 * Keeps last good rules in a folder, one file per bucket, which is made when missing. Rejects with a start fault
 * when it can't be made or written. The warnings are whole sentences that name the file.
 */
export async function openStateDirectory(folder: string, warn: (message: string) => void): Promise<Keep> {
  try {
    await mkdir(folder, { recursive: true });
    const trial = temporaryIn(folder);
    await writeFile(trial, '', { flag: 'wx' });
    await rm(trial);
    await removeLeftovers(folder);
  } catch (error) {
    throw startFault([`state directory ${folder}: ${messageOf(error)}; name a folder that can be written`]);
  }
  return stateKeep(folder, warn);
}

function stateKeep(folder: string, warn: (message: string) => void): Keep {
  const writing = new Map<string, Writing>();
  const writes = firstOfRow(warn);
  const tell = onceEach(warn);

  async function read(bucket: string): Promise<LastGood | null> {
    const path = join(folder, fileOf(bucket));
    try {
      const kept = await within(DISK_TIMEOUT, readKept(bucket, path));
      if (!('fault' in kept)) return kept;
      tell(bucket, `${path} is ${kept.fault}. It is ignored until it is written anew.`);
    } catch (error) {
      if (!isMissing(error)) tell(bucket, `${path} can't be read: ${messageOf(error)}. It is ignored.`);
    }
    return null;
  }

  async function put(bucket: string, lastGood: LastGood): Promise<boolean> {
    const path = join(folder, fileOf(bucket));
    try {
      await replace(folder, path, encodeKept(bucket, lastGood));
      writes.worked();
      return true;
    } catch (error) {
      writes.failed(
        `${path} can't be written: ${messageOf(error)}. A restart would find older rules, or none.`,
      );
      return false;
    }
  }

  async function putAll(bucket: string, own: Writing): Promise<boolean> {
    let kept = false;
    for (let next = own.next; next !== null; next = own.next) {
      own.next = null;
      kept = await put(bucket, next);
    }
    writing.delete(bucket);
    return kept;
  }

  /** While one write of a bucket runs, the last of those that came meanwhile waits; the others are out of date. */
  function queued(bucket: string, lastGood: LastGood): Promise<boolean> {
    const running = writing.get(bucket);
    if (running !== undefined) {
      running.next = lastGood;
      return running.done;
    }
    const own: Writing = { next: lastGood, done: Promise.resolve(false) };
    writing.set(bucket, own);
    own.done = putAll(bucket, own);
    return own.done;
  }

  return {
    read,
    write: (bucket, lastGood) =>
      within(DISK_TIMEOUT, queued(bucket, lastGood)).catch((error) => {
        writes.failed(`${folder} can't be written: ${messageOf(error)}.`);
        return false;
      }),
  };
}

interface Writing {
  next: LastGood | null;
  done: Promise<boolean>;
}

async function readKept(bucket: string, path: string): Promise<LastGood | { fault: string }> {
  const found = await stat(path);
  if (!found.isFile()) return { fault: 'not a file' };
  if (found.size > MAX_KEPT_BYTES) return { fault: `over ${MAX_KEPT_BYTES} bytes` };
  return decodeKept(bucket, await readFile(path, 'utf8'));
}

/** Whatever happens, `path` holds the old text or the new one, whole. */
async function replace(folder: string, path: string, text: string): Promise<void> {
  const temporary = temporaryIn(folder);
  try {
    await writeFile(temporary, text, { flag: 'wx', flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((entry) => TEMPORARY.test(entry))) {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    if (found?.isFile() && Date.now() - found.mtimeMs > LEFT_OVER) await rm(path, { force: true });
  }
}
