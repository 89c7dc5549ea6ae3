import { createHash, randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, messageOf } from '../system-error.ts';

/** Milliseconds after which a temporary file is left over from a killed process. */
const LEFT_OVER = 3_600_000;
const TEMPORARY = /^\.rules-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
const READABLE = 60;

const temporaryIn = (folder: string): string => join(folder, `.rules-${randomUUID()}.tmp`);

/** A different file for each bucket and kind, also on file systems that ignore case. */
export function fileIn(folder: string, kind: 'rules' | 'register', bucket: string): string {
  const readable = bucket.slice(0, READABLE).replaceAll(/[^A-Za-z0-9.-]/g, '_');
  const hash = createHash('sha256').update(bucket).digest('hex').slice(0, 32);
  return join(folder, `${kind}-${readable}-${hash}.json`);
}

/** Creates the folder, checks that it is writable, and removes temporary files of killed processes. */
export async function prepareFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  const trial = temporaryIn(folder);
  await writeFile(trial, '', { flag: 'wx' });
  // The file system's clock, which may differ from this machine's.
  const { mtimeMs } = await stat(trial);
  await rm(trial);
  await removeLeftovers(folder, mtimeMs - LEFT_OVER);
}

/** Creates a folder and its parents. Not `mkdir` with `recursive`: that never ends below /proc. */
export async function makeFolder(path: string): Promise<void> {
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

/**
 * Replaces a file of a folder atomically: `path` has the whole old or the whole new text, also after a crash. Rejects with
 * the system's error, and the old text stays. After `signal` is aborted it replaces nothing.
 */
export async function replaceIn(
  folder: string,
  path: string,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const temporary = temporaryIn(folder);
  try {
    await writeFile(temporary, text, { flag: 'wx', flush: true });
    signal.throwIfAborted();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes the renames in a folder durable. */
export async function synchronise(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // A file system without this operation.
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/** The system's message without the names of temporary files. */
export const withoutPaths = (error: unknown): string => messageOf(error).replace(/, \w+ '.*/s, '');
