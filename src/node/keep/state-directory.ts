import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Keep } from '../../rules/keep.ts';
import {
  decodeLastGood,
  encodeLastGood,
  headOf,
  type LastGood,
  MAX_COPY_BYTES,
} from '../../rules/last-good.ts';
import { warnFaultsOnce, warnFirstOfRow } from '../../rules/warn-once.ts';
import { isSilent, openDisk } from '../files/disk.ts';
import { type FileFault, readTextFile } from '../files/text-file.ts';
import { startFault } from '../start-fault.ts';
import { codeOf, messageOf } from '../system-error.ts';

export interface StateDirectory extends Keep {
  /** Why the last write failed; null if it worked. */
  problem(): string | null;
}

/** Milliseconds after which a temporary file is left over from a killed process. */
const LEFT_OVER = 3_600_000;
const TEMPORARY = /^\.rules-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
const READABLE = 60;

const temporaryIn = (folder: string): string => join(folder, `.rules-${randomUUID()}.tmp`);

/** A missing file, or one that is too long to be a copy. Whether another file that cannot be read has one is unknown. */
const hasNoCopy = ({ code }: FileFault): boolean => code === 'ENOENT' || code === 'EFBIG';

/** A different file for each bucket, also on file systems that ignore case. */
function pathIn(folder: string, bucket: string): string {
  const readable = bucket.slice(0, READABLE).replaceAll(/[^A-Za-z0-9.-]/g, '_');
  const hash = createHash('sha256').update(bucket).digest('hex').slice(0, 32);
  return join(folder, `rules-${readable}-${hash}.json`);
}

/**
 * Stores last good rules in a folder, one file for each bucket. A missing folder is created. A read-only folder is read,
 * with a warning. Rejects with a start fault if the folder can be neither read nor written. The warnings are whole
 * sentences that name the file.
 */
export async function openStateDirectory(
  folder: string,
  warn: (message: string) => void,
): Promise<StateDirectory> {
  // Two disks: a hanging write must not block reads.
  const [reads, writes] = [openDisk(), openDisk()];
  const [faults, unread] = [warnFaultsOnce(warn), warnFaultsOnce(warn)];
  const writer = createWriter(folder, writes, warn, faults.gone);

  await writes(() => prepare(folder)).catch(async (error) => {
    if (!isSilent(error) && !(await reads(() => readdir(folder)).then(() => true, isSilent)))
      throw startFault([
        `state directory ${folder}: ${messageOf(error)}; name a folder that can be made and written`,
      ]);
    writer.failed(`state directory ${folder}`, error);
  });

  const textOf = (bucket: string) =>
    readTextFile(pathIn(folder, bucket), { maxBytes: MAX_COPY_BYTES, disk: reads });

  return {
    async read(bucket) {
      const path = pathIn(folder, bucket);
      const found = await textOf(bucket);
      if ('fault' in found) {
        const seen = hasNoCopy(found) ? faults : unread;
        if (found.code !== 'ENOENT') seen.found(bucket, `${path} ${found.fault}. It is ignored.`);
        return null;
      }
      unread.gone(bucket);
      const copy = await decodeLastGood(bucket, found.text);
      if ('fault' in copy) {
        faults.found(bucket, `${path} is ${copy.fault}. It is ignored until it is written again.`);
        return null;
      }
      faults.gone(bucket);
      return copy;
    },
    async peek(bucket) {
      // Null has the caller write again, which shows whether writing works now.
      if (writer.problem() !== null || faults.has(bucket)) return null;
      const found = await textOf(bucket);
      if ('fault' in found) return hasNoCopy(found) ? null : 'unknown';
      return headOf(bucket, found.text);
    },
    write: writer.write,
    problem: writer.problem,
  };
}

/** A copy that waits to be written. */
interface Queued {
  /** Replaced if newer rules come before the write begins. */
  lastGood: LastGood;
  done: Promise<void>;
}

/** Writes copies, one write at a time for each bucket, and records whether the last write worked. */
function createWriter(
  folder: string,
  disk: ReturnType<typeof openDisk>,
  warn: (message: string) => void,
  onWritten: (bucket: string) => void,
) {
  const failures = warnFirstOfRow(warn);
  const queue = new Map<string, Queued>();
  let problem: string | null = null;

  function failed(what: string, error: unknown): void {
    // Node's message without the name of the temporary file.
    const why = messageOf(error).replace(/, \w+ '.*/s, '');
    const reason = `can't be written: ${why}. A restart would find older rules, or none.`;
    problem = `state directory ${folder} ${reason}`;
    failures.failed(`${what} ${reason}`);
  }

  async function put(bucket: string, own: Queued): Promise<void> {
    const path = pathIn(folder, bucket);
    const leave = () => queue.get(bucket) === own && queue.delete(bucket);
    try {
      await disk(() => {
        leave();
        return replace(folder, path, encodeLastGood(bucket, own.lastGood));
      });
      problem = null;
      failures.worked();
      onWritten(bucket);
    } catch (error) {
      leave();
      failed(path, error);
    }
  }

  function write(bucket: string, lastGood: LastGood): Promise<void> {
    const queued = queue.get(bucket);
    if (queued !== undefined) {
      queued.lastGood = lastGood;
      return queued.done;
    }
    const own: Queued = { lastGood, done: Promise.resolve() };
    queue.set(bucket, own);
    own.done = put(bucket, own);
    return own.done;
  }

  return { write, failed, problem: () => problem };
}

/** Creates the folder, checks that it is writable, and removes temporary files of killed processes. */
async function prepare(folder: string): Promise<void> {
  await makeFolder(folder);
  const trial = temporaryIn(folder);
  await writeFile(trial, '', { flag: 'wx' });
  // The file system's clock, which may differ from this machine's.
  const { mtimeMs } = await stat(trial);
  await rm(trial);
  await removeLeftovers(folder, mtimeMs - LEFT_OVER);
}

/** Creates a folder and its parents. Not `mkdir` with `recursive`: that never ends below /proc. */
async function makeFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return;
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

async function removeLeftovers(folder: string, before: number): Promise<void> {
  for (const name of (await readdir(folder)).filter((entry) => TEMPORARY.test(entry))) {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => null);
    if (found?.isFile() && found.mtimeMs < before) await rm(path, { force: true });
  }
}

/** Replaces a file atomically: `path` has the whole old or the whole new text. A removed folder is created again. */
async function replace(folder: string, path: string, text: string): Promise<void> {
  await makeFolder(folder);
  const temporary = temporaryIn(folder);
  try {
    await writeFile(temporary, text, { flag: 'wx', flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
