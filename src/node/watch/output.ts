import { createHash } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ExportFile } from '../../export/target.ts';
import { type Disk, openDisk } from '../files/disk.ts';
import { readTextFile } from '../files/text-file.ts';
import { codeOf } from '../system-error.ts';
import type { Found } from './state.ts';

/** Far more than an export of the longest document has. */
const MAX_BYTES = 64 * 1_048_576;

const MARK_TEXT =
  'The file beside this one is new, and the command of bucket-cors has not succeeded since.\n';

export interface OutputOptions {
  /** The path of the first file. */
  readonly path: string;
  /** Whether a command has to succeed for each new file. */
  readonly hasCommand: boolean;
  /** The paths of the further files of an export whose first file has this text; null: it is no export. */
  readonly others: (text: string) => readonly string[] | null;
  /** Another reason why no file can ever be written. */
  readonly fault: () => Promise<string | null>;
  /** Writes all files of an export, or rejects and leaves the old ones. */
  readonly save: (files: readonly ExportFile[]) => Promise<void>;
}

/** The files of an export, and the mark `FILE.pending` beside the first one. */
export interface Output {
  /** Why no file can ever be written, as the end of a sentence that begins with the path; null if one may be. */
  fault(): Promise<string | null>;
  /** Rejects if a file cannot be read. */
  look(): Promise<Found>;
  /** Writes all or nothing. The mark comes first: a process that is killed at any moment leaves it. */
  write(files: readonly ExportFile[]): Promise<void>;
  /** The command has succeeded. */
  settle(): Promise<void>;
}

/** Identifies what files have in them. */
export function keyOf(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length} `).update(text);
  return hash.digest('hex');
}

export function openOutput({ path, hasCommand, others, fault, save }: OutputOptions): Output {
  const mark = `${path}.pending`;
  // A disk that hangs must not take the files of the rules with it.
  const disk = openDisk();

  async function look(): Promise<Found> {
    const isPending = hasCommand && (await disk(() => exists(mark)));
    const first = await textOf(path, disk);
    const further = first === null ? null : others(first);
    if (first === null) return { content: null, isPending, isExport: false };
    const texts = [first];
    for (const other of further ?? []) texts.push((await textOf(other, disk)) ?? '');
    return { content: { key: keyOf(texts), version: null }, isPending, isExport: further !== null };
  }

  return {
    fault: () => disk(async () => (await faultOf(path)) ?? (await fault())).catch(() => null),
    look,
    write: (files) =>
      disk(async () => {
        if (hasCommand) await writeFile(mark, MARK_TEXT, { flush: true });
        await save(files);
      }),
    settle: () => (hasCommand ? disk(() => rm(mark, { force: true })) : Promise.resolve()),
  };
}

async function faultOf(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found !== null) return found.isFile() ? null : 'is not a file: write the path of a regular file';
  const folder = await stat(dirname(path)).catch(() => null);
  return folder?.isDirectory() ? null : 'is in a folder that does not exist: make it, or write another path';
}

/** Null: there is no file. */
async function textOf(path: string, disk: Disk): Promise<string | null> {
  const found = await readTextFile(path, { maxBytes: MAX_BYTES, disk });
  if (!('fault' in found)) return found.text;
  if (found.code === 'ENOENT') return null;
  throw new Error(`${path} ${found.fault}`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
