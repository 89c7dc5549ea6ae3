import type { Token } from '../../rules/sources/kind.ts';
import { readTextFile } from '../files/text-file.ts';

/** Far more than a token may have. */
const FILE_BYTES = 64 * 1024;

/** A token from a file, read at each use. The errors name the file and never the token. */
export const fileToken =
  (path: string): Token =>
  async () => {
    const found = await readTextFile(path, { maxBytes: FILE_BYTES });
    if ('fault' in found)
      throw Object.assign(new Error(`the token file ${path} ${found.fault}`), { code: found.code });
    return found.text.trim();
  };
