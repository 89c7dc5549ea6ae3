import { readFile } from 'node:fs/promises';
import type { Values } from '../bucket/sign/environment.ts';
import { variableToken } from '../config/token.ts';
import type { TokenPlace } from '../config/values.ts';
import type { Token } from '../rules/url.ts';

/** A token from the environment or a file, looked up at each use. The errors name the place and never the token. */
export function tokenFrom(place: TokenPlace | null, env: Values): Token | undefined {
  if (place === null) return undefined;
  if (place.kind === 'file') return async () => (await readFile(place.path, 'utf8')).trim();
  return variableToken(place.name, env);
}
