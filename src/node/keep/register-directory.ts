import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { REGISTER_TIMEOUT, type Register } from '../../rules/register.ts';
import { decodeEntry, encodeEntry, MAX_ENTRY_BYTES } from '../../rules/register-entry.ts';
import { within } from '../../rules/within.ts';
import { files, openDisk } from '../files/disk.ts';
import { readTextFile } from '../files/text-file.ts';
import { fileIn, replaceIn, synchronise, withoutPaths } from './state-files.ts';

/** Whether clients have written rules that are stored in a folder. Never rejects. */
export const hasEntries = (folder: string): Promise<boolean> =>
  files(() => readdir(folder)).then(
    (names) => names.some((name) => name.startsWith('register-')),
    () => false,
  );

/**
 * Stores what clients write in the state directory, one file for each bucket, beside the copies of last good rules. The
 * folder must exist: a missing one may be a disk that is not mounted, and says nothing about the rules.
 */
export function directoryRegister(folder: string): Register {
  const pathOf = (bucket: string): string => fileIn(folder, 'register', bucket);
  // Two disks: a write that hangs must not block reads.
  const [reads, writes] = [openDisk(), openDisk()];

  async function read(bucket: string) {
    const path = pathOf(bucket);
    const found = await readTextFile(path, { maxBytes: MAX_ENTRY_BYTES, disk: reads });
    if ('fault' in found) {
      if (found.code !== 'ENOENT') throw new Error(`${path} ${found.fault}`);
      await reads(() => stat(folder)).catch((error) => {
        throw new Error(`the state directory ${folder} can't be read: ${withoutPaths(error)}`);
      });
      return null;
    }
    const entry = decodeEntry(bucket, found.text);
    if ('fault' in entry) throw new Error(`${path} is ${entry.fault}`);
    return entry;
  }

  async function write(bucket: string, text: string, isLate: () => boolean): Promise<void> {
    const path = pathOf(bucket);
    try {
      await writes(async (signal) => {
        if (isLate()) throw new Error('it waited too long for its turn');
        await replaceIn(folder, path, text, signal);
        await synchronise(folder);
      });
    } catch (error) {
      throw new Error(`${path} can't be written: ${withoutPaths(error)}`);
    }
  }

  return {
    name: `the state directory ${folder}`,
    read: (bucket) => within(REGISTER_TIMEOUT, read(bucket)),
    async write(bucket, entry) {
      let isLate = false;
      const written = write(bucket, encodeEntry(bucket, entry, randomUUID()), () => isLate);
      return within(REGISTER_TIMEOUT, written).catch((error) => {
        isLate = true;
        throw error;
      });
    },
  };
}
