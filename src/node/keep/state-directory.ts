import { readdir } from 'node:fs/promises';
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
import { messageOf } from '../system-error.ts';
import { fileIn, makeFolder, prepareFolder, replaceIn, withoutPaths } from './state-files.ts';

export interface StateDirectory extends Keep {
  /** Why the last write failed; null if it worked. */
  problem(): string | null;
}

/** A missing file, or one that is too long to be a copy. Whether another file that cannot be read has one is unknown. */
const hasNoCopy = ({ code }: FileFault): boolean => code === 'ENOENT' || code === 'EFBIG';

const pathIn = (folder: string, bucket: string): string => fileIn(folder, 'rules', bucket);

/**
 * Stores last good rules in a folder, one file for each bucket. A missing folder is created. A read-only folder is read,
 * with a warning, unless it must be written. Rejects with a start fault if the folder can be neither read nor written. The
 * warnings are whole sentences that name the file.
 */
export async function openStateDirectory(
  folder: string,
  warn: (message: string) => void,
  isWritten = false,
): Promise<StateDirectory> {
  // Two disks: a hanging write must not block reads.
  const [reads, writes] = [openDisk(), openDisk()];
  const [faults, unread] = [warnFaultsOnce(warn), warnFaultsOnce(warn)];
  const writer = createWriter(folder, writes, warn, faults.gone);

  await writes(() => prepareFolder(folder)).catch(async (error) => {
    const isUseless = async () =>
      isWritten || !(await reads(() => readdir(folder)).then(() => true, isSilent));
    if (!isSilent(error) && (await isUseless()))
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
    const reason = `can't be written: ${withoutPaths(error)}. A restart would find older rules, or none.`;
    problem = `state directory ${folder} ${reason}`;
    failures.failed(`${what} ${reason}`);
  }

  async function put(bucket: string, own: Queued): Promise<void> {
    const path = pathIn(folder, bucket);
    const leave = () => queue.get(bucket) === own && queue.delete(bucket);
    try {
      await disk(async (signal) => {
        leave();
        const text = encodeLastGood(bucket, own.lastGood);
        // The folder may have been removed.
        await makeFolder(folder);
        await replaceIn(folder, path, text, signal);
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
