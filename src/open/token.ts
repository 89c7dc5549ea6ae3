import type { Values } from '../bucket/sign/environment.ts';
import type { TokenPlace } from '../config/values.ts';
import type { Token } from '../rules/sources/url.ts';

export interface TokenMeans {
  readonly variables: Values;
  /** Reads a token from a file at each use; absent: the platform has no files. */
  readonly tokenFile?: (path: string) => Token;
}

/** A token that is looked up at each use. Its errors name the variable or the file and never the token. */
export function openToken(place: TokenPlace | null, { variables, tokenFile }: TokenMeans): Token | undefined {
  if (place === null) return undefined;
  return place.kind === 'file' ? tokenFile?.(place.path) : variableToken(place.name, variables);
}

const variableToken =
  (name: string, variables: Values): Token =>
  () => {
    const token = variables[name]?.trim();
    if (!token) throw new Error(`${name} is not set`);
    return token;
  };
