/**
 * Regular expressions of exports. `escapeSpecial` is for programs whose strings have only quotation marks to escape (HAProxy,
 * Varnish), so that a person can read the expression; `plainRegex` for those that expand placeholders or end a string at a
 * character without escape (Apache, Caddy).
 */
import type { CompiledRule } from '../cors/compile.ts';
import type { PlannedRule } from './plan.ts';

/** Puts a backslash before the punctuation that PCRE gives a meaning, and before no other. */
export const escapeSpecial = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** An anchored regular expression for an origin with `*`, for configurations that people read. `star`: what `*` matches. */
export const originRegex = (
  { prefix, suffix }: { readonly prefix: string; readonly suffix: string },
  star = '.*',
): string => `^${escapeSpecial(prefix)}${star}${escapeSpecial(suffix)}$`;

/**
 * A regular expression (PCRE) for one of the names that a rule allows, in a list of names in lower case each with a comma
 * after it. A list is allowed when nothing remains after every match is removed. A match begins at the beginning of a name
 * and cannot pass a comma: a long hostile list takes linear time.
 */
export const namesRegex = (rule: CompiledRule): string => `(?<![^,])(${entriesOf(rule).join('|')}),`;

/** A regular expression (PCRE) for such a list whose names the rule allows, all or none. It takes back no name: linear time. */
export const listRegex = (rule: CompiledRule): string => `^((${entriesOf(rule).join('|')}),)*+$`;

const entriesOf = ({ headers }: CompiledRule): readonly string[] => [
  ...headers.exact.map(escapeName),
  ...headers.patterns.map(({ prefix, suffix }) => `${escapeName(prefix)}[^,]*${escapeName(suffix)}`),
];

/** Letters, digits, `-` and `_` stand for themselves, other characters that a name can have as their code. */
const escapeName = (text: string): string =>
  text.replace(/[^A-Za-z0-9_-]/g, (character) => (character === '.' ? '[.]' : byNumber(character)));

const byNumber = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/**
 * Writes text as a regular expression that matches it alone, for RE2 and PCRE, without any character that a configuration
 * file or a placeholder gives a meaning: quotes, braces, `$`, `%`, `#` and blanks are written by their number. The text must
 * be visible ASCII (`planOf`).
 */
export const plainRegex = (text: string): string =>
  text.replace(/[^A-Za-z0-9:/_-]/g, (character) => (character === '.' ? '\\.' : byNumber(character)));

/** What one origin consists of: a list, or several Origin lines, has a comma or a blank. */
export const ONE_ORIGIN = '[^,\\x20\\t]';

/** One of several expressions; the shortest form. */
export const anyOf = (expressions: readonly string[]): string =>
  expressions.length === 1 ? (expressions[0] ?? '') : `(?:${expressions.join('|')})`;

/** Entries with `*`. The length is checked too: `ab*ba` does not match `aba` (semantics.md §2.2). */
export const originPatterns = ({ patterns }: PlannedRule): readonly string[] =>
  patterns.map(({ prefix, suffix }) => `${plainRegex(prefix)}${ONE_ORIGIN}*${plainRegex(suffix)}`);
