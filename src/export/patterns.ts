/**
 * Writes text as a regular expression that matches it alone, for PCRE, RE2 and JavaScript: each punctuation character is
 * escaped. The text must be visible ASCII (`planOf`).
 */
export const escapeRegex = (text: string): string => text.replace(/[^A-Za-z0-9]/g, '\\$&');

/** An anchored regular expression for an entry with `*`. `ab*ba` does not match `aba` (semantics.md §2.2). */
export const patternRegex = ({
  prefix,
  suffix,
}: {
  readonly prefix: string;
  readonly suffix: string;
}): string => `^${escapeRegex(prefix)}.*${escapeRegex(suffix)}$`;
