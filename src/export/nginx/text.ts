/** The key of a map's row: the value itself, a regular expression, or `DEFAULT`. */
export type Key = string | RegExpText | typeof DEFAULT;

/** A regular expression of PCRE, as text. */
export interface RegExpText {
  readonly regex: string;
  readonly ignoresCase?: true;
}

export const DEFAULT = Symbol('default');

/** A row of a map: a key and a value, which may have variables. */
export type Row = readonly [key: Key, value: string];

/**
 * Characters of a token that nginx reads: its buffer has 4,096 (`NGX_CONF_BUFFER` in ngx_conf_file.c), one of which it
 * needs for itself, and quotation marks and escapes add some.
 */
export const TOKEN_LIMIT = 3_900;

/**
 * Writes text as one token in quotation marks. nginx takes a backslash away only before these characters, so that most of a
 * regular expression stays readable.
 */
export const quoted = (text: string): string => `"${text.replace(/\\(?=["'\\trn]|$)|"/g, '\\$&')}"`;

/** Writes text as a value without variables: nginx has no escape for `$`, but a `geo` does not look for variables. */
export const literal = (text: string, name: string): string => text.replaceAll('$', `\${${name}__dollar}`);

/** The block that `literal` needs. */
export const dollarBlock = (name: string): string => `geo $${name}__dollar { default "$"; }`;

/** Writes a `map` with aligned values, under a comment. */
export function mapBlock(source: string, variable: string, rows: readonly Row[], comment = ''): string {
  const keys = rows.map(([key]) => keyText(key));
  const width = Math.max(...keys.map((key) => (key.length > WIDE ? 0 : key.length)));
  const lines = rows.map(([, value], at) => `    ${(keys[at] ?? '').padEnd(width)} ${valueText(value)};`);
  const head = /^\$\w+$/.test(source) ? source : quoted(source);
  return `${comment === '' ? '' : `# ${comment}\n`}map ${head} $${variable} {\n${lines.join('\n')}\n}`;
}

/** Longer keys are not aligned. */
const WIDE = 60;
/** Plain words need no quotation marks; nginx has a meaning for some as keys. */
const WORD = /^[\w*-]+$/;
const KEYWORD = /^(?:default|hostnames|include|volatile|[~\\])/;

function keyText(key: Key): string {
  if (key === DEFAULT) return 'default';
  if (typeof key !== 'string') return quoted(`~${key.ignoresCase ? '*' : ''}${key.regex}`);
  return WORD.test(key) && !KEYWORD.test(key) ? key : quoted(KEYWORD.test(key) ? `\\${key}` : key);
}

const valueText = (value: string): string => (/^(?:\$\w+|[\w*-]+)$/.test(value) ? value : quoted(value));
