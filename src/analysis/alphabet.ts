/** The form of words of one kind: origins, or names of request headers. */
export interface Alphabet {
  /** Whether a request can carry the word. Other words belong to no class. */
  readonly isWord: (word: string) => boolean;
  /** Whether browsers send such a word. A witness is one of these if the class has one. */
  readonly isUsual: (word: string) => boolean;
  /** Beginnings to try for a word that begins with `prefix`, the best first. */
  readonly beginnings: (prefix: string) => readonly string[];
  /** Middles to try between the beginning and `suffix`, the best first. */
  readonly middles: (suffix: string) => readonly string[];
}

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
const SCHEMES = ['https://', 'http://'];
const DEFAULT_PORTS = /^(?:http:\/\/.*[^:]:80|https:\/\/.*[^:]:443)$/;
const LABEL = '[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?';
const WEB_ORIGIN = new RegExp(
  String.raw`^https?://(?:${LABEL}(?:\.${LABEL})*|\[[0-9a-f:]+\])(?::([1-9]\d{0,4}))?$`,
);

/** Whether a browser can send the origin: a serialized tuple origin of the web, or `null` (Fetch standard, "Origin"). */
export function isWebOrigin(origin: string): boolean {
  if (origin === 'null') return true;
  const found = WEB_ORIGIN.exec(origin);
  return found !== null && Number(found[1] ?? 0) <= MAX_PORT && !DEFAULT_PORTS.test(origin);
}

const MAX_PORT = 65_535;

/** Origins; a value with a comma or a blank is no single origin (semantics.md §2.2). */
export const ORIGINS: Alphabet = {
  isWord: (word) => word !== '' && !/[, \t]/.test(word),
  isUsual: isWebOrigin,
  beginnings: (prefix) => {
    const schemes = SCHEMES.filter((scheme) => scheme.startsWith(prefix));
    return schemes.length > 0 ? schemes : [prefix];
  },
  middles: (suffix) => {
    if (suffix === '') return ['unlisted.example', 'app.example', '8080', ...LETTERS];
    // A wildcard that crosses a domain: `https://*example.com`.
    return /^[a-z0-9]/i.test(suffix) ? ['evil', 'other', ...LETTERS] : ['app', 'other', ...LETTERS];
  },
};

/** Names of request headers, in lower case as they are compared; a comma separates two of them. */
export const HEADER_NAMES: Alphabet = {
  isWord: (word) => word !== '' && !word.includes(',') && word.trim() === word && word.toLowerCase() === word,
  isUsual: (word) => /^[a-z0-9-]+$/.test(word),
  beginnings: (prefix) => (prefix === '' ? ['x-', ''] : [prefix]),
  middles: (suffix) => (suffix === '' ? ['unlisted', 'other', ...LETTERS] : ['other', ...LETTERS]),
};
