import type { PlannedRule } from './plan.ts';

/**
 * Writes text as a regular expression that matches it alone, for RE2 and PCRE, without any character that a configuration
 * file or a placeholder gives a meaning: quotes, braces, `$`, `%`, `#` and blanks are written by their number. The text must
 * be visible ASCII (`planOf`).
 */
export const plainRegex = (text: string): string =>
  text.replace(/[^A-Za-z0-9:/_-]/g, (character) =>
    character === '.' ? '\\.' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );

/** What one origin consists of: a list, or several Origin lines, has a comma or a blank. */
export const ONE_ORIGIN = '[^,\\x20\\t]';

/** One of several expressions; the shortest form. */
export const anyOf = (expressions: readonly string[]): string =>
  expressions.length === 1 ? (expressions[0] ?? '') : `(?:${expressions.join('|')})`;

/** Entries with `*`. The length is checked too: `ab*ba` does not match `aba` (semantics.md §2.2). */
export const originPatterns = ({ patterns }: PlannedRule): readonly string[] =>
  patterns.map(({ prefix, suffix }) => `${plainRegex(prefix)}${ONE_ORIGIN}*${plainRegex(suffix)}`);
