import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';

/** The page's files are in `examples/`, which the package contains unchanged: the build copies no HTML, CSS or scripts. */
const FOLDER = new URL('../../../examples/demo/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface PageFile {
  readonly type: string;
  readonly body: string;
}

/** Reads the demo page's files, keyed by their URL paths. Rejects with the file system's error if the folder is missing. */
export async function readPage(): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const name of await readdir(FOLDER)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    files.set(`/${name === 'index.html' ? '' : name}`, {
      type,
      body: await readFile(new URL(name, FOLDER), 'utf8'),
    });
  }
  return files;
}
