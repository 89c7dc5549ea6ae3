import type { Values } from '../../bucket/sign/environment.ts';
import { variableToken } from '../../config/token.ts';
import type { TokenPlace } from '../../config/values.ts';
import type { Token } from '../../rules/sources/url.ts';
import { readTextFile } from '../files/text-file.ts';

/** Far more than a token may have. */
const FILE_BYTES = 64 * 1024;

/** A token from the environment or a file, looked up at each use. The errors name the place and never the token. */
export function tokenFrom(place: TokenPlace | null, env: Values): Token | undefined {
  if (place === null) return undefined;
  return place.kind === 'file' ? () => fileToken(place.path) : variableToken(place.name, env);
}

async function fileToken(path: string): Promise<string> {
  const found = await readTextFile(path, { maxBytes: FILE_BYTES });
  if ('fault' in found)
    throw Object.assign(new Error(`the token file ${path} ${found.fault}`), { code: found.code });
  return found.text.trim();
}
