import { type PageFile, readPageFiles } from '../files/page.ts';
import { inPackage } from '../package.ts';

/** The page's files are in `examples/`, which the package contains unchanged: the build copies no HTML, CSS or scripts. */
const FOLDER = inPackage('examples/demo/');

/** Reads the demo page's files, keyed by their URL paths. Rejects with the file system's error if the folder is missing. */
export const readPage = (): Promise<ReadonlyMap<string, PageFile>> => readPageFiles(FOLDER);
