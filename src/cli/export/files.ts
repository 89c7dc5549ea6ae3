import type { Stats } from 'node:fs';
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { isFields } from '../../document/fields.ts';
import { readBanner } from '../../export/banner.ts';
import type { ExportFile } from '../../export/target.ts';
import { isStream, replaceFile } from '../../node/files/replace-file.ts';
import { replaceFiles } from '../../node/files/replace-files.ts';

/** The files as one text: a file alone as it is, several as head(1) prints them. */
export function printedFiles(files: readonly ExportFile[]): string {
  const [first] = files;
  if (files.length === 1 && first !== undefined) return first.text;
  return files.map(({ name, text }) => `==> ${name} <==\n${text}`).join('\n');
}

/**
 * Where the files go: the first to `output`, the others beside it. `cors.location.inc` is to `media.conf` what it is to
 * `cors.conf`.
 */
export function pathsFor(files: readonly ExportFile[], output: string): readonly string[] {
  const [first] = files;
  const stem = withoutExtension(output);
  const prefix = `${basename(withoutExtension(first?.name ?? ''))}.`;
  const taken = new Set<string>();
  return files.map(({ name }, at) => {
    const suffix = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const path = at === 0 ? output : `${stem}.${suffix}`;
    const free = taken.has(path) ? `${stem}.${name}` : path;
    taken.add(free);
    return free;
  });
}

const withoutExtension = (path: string): string => join(dirname(path), basename(path, extname(path)));

/** Where files were written; or why they were not, as a sentence without its first word, the path. */
export type Saved =
  | { readonly ok: true; readonly paths: readonly string[] }
  | { readonly ok: false; readonly path: string; readonly reason: string; readonly cure: string };

/**
 * Writes all files, or none if one cannot be written. The file behind a symbolic link at `output` is replaced, since the
 * operator named the link; one at the name of another file is a fault, and so is a file there that no export wrote. A
 * device or a pipe gets the files as one text.
 */
export async function saveFiles(
  files: readonly ExportFile[],
  output: string,
  targetName: string,
): Promise<Saved> {
  const paths = pathsFor(files, output);
  try {
    const found = await existing(output);
    if (found?.isDirectory()) return notSaved(output, 'is a folder', 'Write the path of a file.');
    if (found !== null && isStream(output, found)) {
      await replaceFile(output, printedFiles(files));
      return { ok: true, paths: [output] };
    }
    const target = await realpath(output).catch(() => output);
    const isExport = readBanner(await textOf(output))?.target === targetName;
    for (const [at, path] of paths.entries()) {
      if (at === 0) continue;
      const isOurs = (text: string) => isExport || isWritten(text, files[at]?.text ?? '', targetName);
      const fault = await companionFault(path, target, isOurs);
      if (fault !== null)
        return notSaved(path, fault, 'Remove it, or write another path for the first file.');
    }
    await replaceFiles(files.map(({ text }, at) => ({ path: paths[at] ?? output, text })));
    return { ok: true, paths: await Promise.all(paths.map((path) => realpath(path))) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return notSaved(
      output,
      `could not be written: ${why}`,
      'Check the path, its permissions and the space on its disk.',
    );
  }
}

const notSaved = (path: string, reason: string, cure: string): Saved => ({ ok: false, path, reason, cure });

const existing = (path: string): Promise<Stats | null> => stat(path).catch(() => null);

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/**
 * Why a path that the operator did not name cannot be replaced. `target`: the file behind the first path. `isOurs`: whether
 * an export for the same target wrote a text.
 */
async function companionFault(
  path: string,
  target: string,
  isOurs: (text: string) => boolean,
): Promise<string | null> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return null;
  if (!found.isFile())
    return found.isSymbolicLink() ? 'is a symbolic link, which leads elsewhere' : 'is not a file';
  if ((await realpath(path)) === target) return 'is the file behind the link at the first path';
  return isOurs(await textOf(path)) ? null : `is a file that no export wrote, and would be replaced`;
}

/** Whether an export for a target wrote a text. JSON has no comments: there the keys decide. */
function isWritten(text: string, next: string, targetName: string): boolean {
  if (text === next || readBanner(text)?.target === targetName) return true;
  const [own, others] = [keysOf(text), keysOf(next)];
  return own !== null && own === others;
}

/** The names of an object as one text; null if a text is no JSON object. */
function keysOf(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? Object.keys(value).sort().join(' ') : null;
  } catch {
    return null;
  }
}
