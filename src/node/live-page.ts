import type { Page } from '../admin/page-headers.ts';
import { readPageFiles } from './files/page.ts';
import { inPackage } from './package.ts';

/** The page's files lie in the package as they are: the build copies no HTML, CSS or scripts. */
const FOLDER = inPackage('src/admin/page/');

/** Reads the files of the live page. Rejects with the file system's error if the folder is missing. */
export async function readLivePage(): Promise<Page> {
  const files = await readPageFiles(FOLDER);
  return (path) => files.get(path) ?? null;
}
