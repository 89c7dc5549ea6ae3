import { rename, rm } from 'node:fs/promises';
import { prepareFile } from './replace-file.ts';

export interface FileText {
  readonly path: string;
  readonly text: string;
}

/**
 * Writes several text files at once, each as `replaceFile` writes one: all are on disk under other names before the first
 * takes its place, so that a full disk or a missing permission leaves every old file. The paths must be of regular files,
 * or of files that do not exist yet. Rejects with the system's error.
 */
export async function replaceFiles(files: readonly FileText[]): Promise<void> {
  const prepared: { readonly temporary: string; readonly target: string }[] = [];
  try {
    for (const { path, text } of files) prepared.push(await prepareFile(path, text));
    for (const { temporary, target } of prepared) await rename(temporary, target);
  } catch (error) {
    for (const { temporary } of prepared) await rm(temporary, { force: true });
    throw error;
  }
}
