import type { Values } from '../bucket/sign/environment.ts';
import type { Spell } from '../config/spell.ts';
import type { TokenPlace } from '../config/values.ts';
import type { Result } from '../document/fault.ts';
import type { Token } from '../rules/sources/kind.ts';

export interface TokenMeans {
  readonly variables: Values;
  /** Reads a token from a file at each use; absent: the platform has no files. */
  readonly tokenFile?: (path: string) => Token;
}

/**
 * A token that is looked up at each use; undefined where none is configured. Its errors name the variable or the file and
 * never the token. Faults: the token is in a file, and the platform has no files.
 */
export function openToken(
  place: TokenPlace | null,
  { variables, tokenFile }: TokenMeans,
  spell: Spell,
): Result<Token | undefined, string> {
  if (place === null) return { ok: true, value: undefined };
  if (place.kind === 'environment') return { ok: true, value: variableToken(place.name, variables) };
  if (tokenFile === undefined)
    return {
      ok: false,
      faults: [`${spell('rulesToken')} is a file, and this platform has none; write env:NAME`],
    };
  return { ok: true, value: tokenFile(place.path) };
}

const variableToken =
  (name: string, variables: Values): Token =>
  () => {
    const token = variables[name]?.trim();
    if (!token) throw new Error(`${name} is not set`);
    return token;
  };
