import { readFile } from 'node:fs/promises';
import type { TokenPlace } from '../config/values.ts';
import type { Token } from '../rules/url.ts';

/** A token from the environment or a file, looked up at each use. The errors name the place and never the token. */
export function tokenFrom(
  place: TokenPlace | null,
  env: Readonly<Record<string, string | undefined>>,
): Token | undefined {
  if (place === null) return undefined;
  if (place.kind === 'file') return async () => (await readFile(place.path, 'utf8')).trim();
  return () => {
    const token = env[place.name]?.trim();
    if (!token) throw new Error(`${place.name} is not set`);
    return token;
  };
}
