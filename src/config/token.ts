import type { Values } from '../bucket/sign/environment.ts';
import type { Token } from '../rules/sources/url.ts';

/** A token from a variable, looked up at each use. The error names the variable and never the token. */
export const variableToken =
  (name: string, env: Values): Token =>
  () => {
    const token = env[name]?.trim();
    if (!token) throw new Error(`${name} is not set`);
    return token;
  };
