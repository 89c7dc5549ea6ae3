import type { Credentials, CredentialsSource } from '../../bucket/sign/credentials.ts';
import { credentialsIn, type Values } from '../../bucket/sign/environment.ts';
import { DIALECTS, type Dialect } from '../../cors/behaviour.ts';
import type { CredentialNames } from '../../cors/traits.ts';
import { readIfChanged } from '../files/text-file.ts';

const FILE_BYTES = 64 * 1024;
const JSON_NAMES: CredentialNames = { id: 'accessKeyId', secret: 'accessKeySecret', token: 'securityToken' };

const readJson = (text: string, where: string): Values => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text around the fault.
    throw new Error(`${where} begins with { but is not JSON`);
  }
  const entries = Object.entries(document as object);
  const known = Object.values(JSON_NAMES);
  for (const [name, value] of entries) {
    if (!known.includes(name)) throw new Error(`${where} has an unknown key: write ${known.join(', ')}`);
    if (typeof value !== 'string') throw new Error(`${where}: ${name} is not a string`);
  }
  return Object.fromEntries(entries);
};

const LINE = /^(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(.*)$/;

const readLines = (text: string, where: string): Values => {
  const values: Record<string, string> = {};
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [, name, value] = LINE.exec(trimmed) ?? [];
    if (name === undefined || value === undefined) {
      throw new Error(`${where}, line ${at + 1} is not of the form NAME=VALUE`);
    }
    values[name] = value.replace(/^(["'])(.*)\1$/, '$2');
  }
  return values;
};

const readCredentials = (text: string, path: string, store: Dialect): Credentials => {
  const where = `the credentials file ${path}`;
  const bare = text.replace(/^\uFEFF/, '');
  const json = bare.trimStart().startsWith('{');
  const names = json ? JSON_NAMES : DIALECTS[store].credentialNames;
  const found = credentialsIn(json ? readJson(bare, where) : readLines(bare, where), names, where);
  if (found) return found;
  throw new Error(`${where} contains no credentials: write ${names.id} and ${names.secret}`);
};

/**
 * Credentials from a file, read again when it has changed. It contains either
 * `{"accessKeyId": …, "accessKeySecret": …, "securityToken": …}` or lines `NAME=VALUE` with the names that the
 * store's credentials have in the environment; other names are left alone there, as are `#` lines.
 * The source rejects with an Error that names the file, and never a value, when it can't be read.
 */
export const fileCredentials = (path: string, store: Dialect): CredentialsSource => {
  let known: { readonly stamp: string; readonly credentials: Credentials } | undefined;
  return async () => {
    const found = await readIfChanged(path, known?.stamp, { maxBytes: FILE_BYTES });
    if (found !== null) {
      if ('fault' in found) throw new Error(`the credentials file ${path} ${found.fault}`);
      known = { stamp: found.stamp, credentials: readCredentials(found.text, path, store) };
    }
    return known?.credentials ?? null;
  };
};
