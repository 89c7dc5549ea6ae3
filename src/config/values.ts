import type { AddressFault } from '../bucket/address.ts';
import { configuredName } from '../bucket/host.ts';
import { urlMeant } from '../bucket/without-scheme.ts';
import { RULES_KINDS, type RulesPlace } from '../rules/sources/kinds.ts';
import { isSignedOrUrl } from './secrets.ts';
import { oneOf, SWITCH, textOf, withSchema } from './value-schema.ts';

/** A value read from text, or why it cannot be read and what to write instead. */
export type Parsed<T> = { readonly value: T } | AddressFault;

/** Messages about a file show its path (promise 7). */
const SIGNED = 'has the query of a signed URL';

/** What `parseRules` says of a value that may be of any kind. */
export const RULES_WRITES: Readonly<Record<'empty' | 'other', string>> = {
  empty: 'bucket, a file, a URL or a document',
  other: 'bucket, the path of a file, an http:// or https:// URL, or a document',
};

/** The word `bucket`, a document, a URL, `kv:KEY`, or the path of a file: the kinds of rules/sources/kinds.ts. */
export const parseRules = withSchema((text: string): Parsed<RulesPlace> => {
  if (text.trim() === '') return { reason: 'is empty', write: RULES_WRITES.empty };
  const meant = urlMeant(text);
  if (meant?.hasUser) return { reason: 'contains a user name or password', write: meant.url };
  // A file may have such a name: whether it exists is known when it is read (node/buckets/file-source.ts).
  if (meant?.isCertain)
    return { reason: 'has no scheme', write: `${meant.url}, or ./ before the path of a file` };
  for (const row of Object.values(RULES_KINDS)) {
    const parsed = row.parse(text);
    if (parsed === null) continue;
    const isSigned = 'value' in parsed && parsed.value.kind === 'file' && isSignedOrUrl(parsed.value.path);
    return isSigned ? { reason: SIGNED, write: 'the whole URL, or the path of a file' } : parsed;
  }
  return { reason: 'is not an HTTP URL', write: RULES_WRITES.other };
}, textOf());

/** A parser of one of several words, which completion offers. */
export const parseWord = <T extends string>(words: readonly T[]) =>
  Object.assign(
    (text: string): Parsed<T> => {
      const value = words.find((word) => word === text);
      return value === undefined
        ? { reason: 'is not one of the allowed values', write: words.join(' or ') }
        : { value };
    },
    { words, schema: oneOf(words) },
  );

/** Reads a text of one form. */
const parseForm = (form: RegExp, reason: string, write: string) =>
  withSchema(
    (text: string): Parsed<string> => (form.test(text) ? { value: text } : { reason, write }),
    textOf(form.source),
  );

export const parseHost = parseForm(
  /^[\w.:-]+$/,
  'is not an address to listen on',
  '127.0.0.1, 0.0.0.0, ::1 or a host name of this machine',
);

const bracketed = (host: string): string => (/^[^[]*:[^[]*:/.test(host) ? `[${host}]` : host);

/** A list of host names with commas between them, in the form of `hostName`. */
export const parseHosts = withSchema((text: string): Parsed<readonly string[]> => {
  const hosts = text.split(',').map((host) => configuredName(bracketed(host.trim())));
  return hosts.every((host) => host !== null)
    ? { value: [...new Set(hosts)] }
    : {
        reason: 'is not a list of host names',
        write: 'edge.example.com,edge.lan, without schemes and ports',
      };
}, textOf());

export const parseSwitch = withSchema((text: string): Parsed<boolean> => {
  const word = parseWord(['true', 'false'] as const)(text);
  return 'value' in word ? { value: word.value === 'true' } : word;
}, SWITCH);

export type CredentialsPlace =
  | { readonly kind: 'environment'; readonly prefix: string | null }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'none' };

/** Where keys are, never the keys: `env`, `env:PREFIX`, `file:PATH` or `none`. */
export const parseCredentials = withSchema((text: string): Parsed<CredentialsPlace> => {
  if (text === 'none') return { value: { kind: 'none' } };
  if (text === 'env') return { value: { kind: 'environment', prefix: null } };
  const [, prefix] = /^env:([A-Z][A-Z0-9_]{0,63})$/.exec(text) ?? [];
  if (prefix !== undefined) return { value: { kind: 'environment', prefix } };
  const [, path] = /^file:(.+)$/s.exec(text) ?? [];
  if (path !== undefined && !isSignedOrUrl(path)) return { value: { kind: 'file', path } };
  return {
    reason: 'does not name a place for keys',
    write: 'env, env:PREFIX (in capitals), file:PATH or none; never the keys themselves',
  };
}, textOf('^(?:none|env|env:[A-Z][A-Z0-9_]{0,63}|file:[\\s\\S]+)$'));

/** Where further keys of clients are: places of `parseCredentials` but `none`, separated by commas. */
export const parseClientKeys = withSchema((text: string): Parsed<readonly CredentialsPlace[]> => {
  const places: CredentialsPlace[] = [];
  for (const piece of text.split(',')) {
    const place = parseCredentials(piece.trim());
    if (!('value' in place) || place.value.kind === 'none') {
      return {
        reason: 'does not name places for keys',
        write: 'env:PREFIX (in capitals) or file:PATH, with commas between; never the keys themselves',
      };
    }
    places.push(place.value);
  }
  return { value: places };
}, textOf('^(?:env|file:)'));

/** The beginning of object keys, as they are, without a slash in front: `public/`. */
export const parseSignPrefix = parseForm(
  /^[^/]/,
  'is not the beginning of a key',
  'public/, without a slash in front',
);

export const parseName = parseForm(
  /^[A-Za-z0-9][A-Za-z0-9.-]{2,62}$/,
  'is not the name of a bucket',
  '3 to 63 letters, digits, dots and hyphens, such as my-bucket',
);

export const parseRegion = parseForm(
  /^[a-z0-9][a-z0-9-]{0,62}$/,
  'is not a region',
  'a region such as cn-hangzhou or eu-central-1',
);

export const parsePath = withSchema((text: string): Parsed<string> => {
  if (text.trim() === '') return { reason: 'is empty', write: 'a path' };
  return isSignedOrUrl(text)
    ? { reason: 'is a URL', write: 'the path of a file or folder' }
    : { value: text };
}, textOf());

/** The longest path of a Unix socket in bytes: `sun_path` without its final zero on macOS; Linux allows four more. */
const SOCKET_PATH_MOST = 103;

export const parseSocket = withSchema(
  (text: string): Parsed<string> => {
    const path = parsePath(text);
    if (!('value' in path)) return path;
    return new TextEncoder().encode(text).length <= SOCKET_PATH_MOST
      ? { value: text }
      : { reason: 'is too long for a Unix socket', write: `a path of at most ${SOCKET_PATH_MOST} bytes` };
  },
  { ...textOf(), maxLength: SOCKET_PATH_MOST },
);

/** The URL may contain a password, so no message shows it. */
export const parseRedis = withSchema(
  (text: string): Parsed<string> =>
    /^rediss?:\/\//i.test(text) && URL.canParse(text)
      ? { value: text }
      : { reason: 'is not the URL of a Redis server', write: 'redis://127.0.0.1:6379, or rediss:// for TLS' },
  textOf('^[Rr][Ee][Dd][Ii][Ss][Ss]?://'),
);

export type TokenPlace =
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** Where a token is, never the token. */
export const parseToken = withSchema((text: string): Parsed<TokenPlace> => {
  const [, name] = /^env:([A-Za-z_][A-Za-z0-9_]{0,127})$/.exec(text) ?? [];
  if (name !== undefined) return { value: { kind: 'environment', name } };
  const [, path] = /^file:(.+)$/s.exec(text) ?? [];
  if (path !== undefined && !isSignedOrUrl(path)) return { value: { kind: 'file', path } };
  return {
    reason: 'does not name a place for a token',
    write: 'env:NAME or file:PATH; never the token itself',
  };
}, textOf('^(?:env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:[\\s\\S]+)$'));
