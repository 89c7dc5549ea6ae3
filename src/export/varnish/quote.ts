import { escapeSpecial } from '../regex.ts';

/**
 * A regular expression (PCRE2) in a short string of VCL, which has no escapes and ends at the first `"`
 * (https://varnish-cache.org/docs/7.1/reference/vcl.html#strings).
 */
export const regex = (source: string): string => `"${source.replaceAll('"', '\\x22')}"`;

/** Compares an expression with a text, by case and whole. A text that no short string can have is a regular expression. */
export const equals = (left: string, text: string): string =>
  text.includes('"') ? `${left} ~ ${regex(`^${escapeSpecial(text)}$`)}` : `${left} == "${text}"`;

/** One of these words, whole. */
export const oneOf = (words: readonly string[]): string =>
  words.length === 1 ? regex(`^${words[0]}$`) : regex(`^(${words.join('|')})$`);

/** A text that has no `"`, as a value. */
export const string = (text: string): string => `"${text.replaceAll('"', '')}"`;
