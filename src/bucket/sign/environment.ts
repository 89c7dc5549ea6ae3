import type { Dialect } from '../../cors/refusal.ts';
import { CREDENTIAL_NAMES, type CredentialNames, type CredentialsSource } from './credentials.ts';

export type Values = Readonly<Record<string, string | undefined>>;

/** Credentials among named values, null where there are none; empty counts as unset. No value is ever told. */
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

/** A store's names, behind a bucket's own prefix: `MEDIA` and `oss` make `MEDIA_OSS_ACCESS_KEY_ID` and so on. */
export const environmentNames = (store: Dialect, prefix?: string): CredentialNames => {
  const { id, secret, token } = CREDENTIAL_NAMES[store];
  return prefix
    ? { id: `${prefix}_${id}`, secret: `${prefix}_${secret}`, token: `${prefix}_${token}` }
    : { id, secret, token };
};

/**
 * Credentials from the environment, looked up anew at every signing; null when none of the names is set.
 * The source throws an Error that names the missing one when they are set in part.
 */
export const environmentCredentials =
  (store: Dialect, env: Values, prefix?: string): CredentialsSource =>
  () =>
    credentialsIn(env, environmentNames(store, prefix), 'the environment');
