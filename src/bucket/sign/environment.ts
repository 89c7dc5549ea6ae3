import { DIALECTS, type Dialect } from '../../cors/behaviour.ts';
import type { CredentialNames } from '../../cors/traits.ts';
import type { CredentialsSource } from './credentials.ts';

export type Values = Readonly<Record<string, string | undefined>>;

/**
 * Returns the credentials among named values, or null when all are unset; an empty value counts as unset.
 * @throws an Error that says what is missing or wrong, without any value (promise 7)
 */
export const credentialsIn = (values: Values, { id, secret, token }: CredentialNames, where: string) => {
  const accessKeyId = values[id]?.trim();
  const accessKeySecret = values[secret]?.trim();
  const securityToken = values[token]?.trim();
  if (!accessKeyId && !accessKeySecret && !securityToken) return null;
  const missing = accessKeyId ? secret : id;
  if (!accessKeyId || !accessKeySecret) {
    const present = [id, secret, token].filter((name) => values[name]?.trim()).join(' and ');
    throw new Error(`${where} has ${present}, but not ${missing}: set ${missing} too`);
  }
  for (const [name, value] of [
    [id, accessKeyId],
    [secret, accessKeySecret],
    [token, securityToken],
  ]) {
    if (value && !/^[\x21-\x7e]+$/.test(value)) {
      throw new Error(`${where} has a ${name} with blanks, line breaks or other characters that no key has`);
    }
    if (value && /^(["']).*\1$/.test(value)) {
      throw new Error(`${where} has a ${name} with quotes around it: write it without them`);
    }
  }
  return { accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) };
};

/** Returns a store's variable names with a bucket's prefix: `MEDIA` and `oss` give `MEDIA_OSS_ACCESS_KEY_ID` and so on. */
export const environmentNames = (store: Dialect, prefix?: string): CredentialNames => {
  const { id, secret, token } = DIALECTS[store].credentialNames;
  return prefix
    ? { id: `${prefix}_${id}`, secret: `${prefix}_${secret}`, token: `${prefix}_${token}` }
    : { id, secret, token };
};

/**
 * Returns a source that reads the environment for every signature. The source returns null when no variable is set, and
 * throws an Error that names the missing variable when only some are set.
 */
export const environmentCredentials =
  (store: Dialect, env: Values, prefix?: string): CredentialsSource =>
  () =>
    credentialsIn(env, environmentNames(store, prefix), 'the environment');
