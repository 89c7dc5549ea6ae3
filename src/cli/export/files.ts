import type { Stats } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
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
 * operator named the link; one at the name of another file is a fault. A device or a pipe gets the files as one text.
 */
export async function saveFiles(files: readonly ExportFile[], output: string): Promise<Saved> {
  const paths = pathsFor(files, output);
  try {
    const found = await existing(output);
    if (found?.isDirectory()) return notSaved(output, 'is a folder', 'Write the path of a file.');
    if (found !== null && isStream(output, found)) {
      await replaceFile(output, printedFiles(files));
      return { ok: true, paths: [output] };
    }
    const target = await realpath(output).catch(() => output);
    for (const path of paths.slice(1)) {
      const fault = await companionFault(path, target);
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

/** Why a path that the operator did not name cannot be replaced. `target`: the file behind the first path. */
async function companionFault(path: string, target: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return null;
  if (found.isFile())
    return (await realpath(path)) === target ? 'is the file behind the link at the first path' : null;
  return found.isSymbolicLink() ? 'is a symbolic link, which leads elsewhere' : 'is not a file';
}
