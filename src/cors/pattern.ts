/**
 * One entry of AllowedOrigin or AllowedHeader: a plain string in which the first `*` stands for any run
 * of characters, none included (semantics.md §2.2). A second `*` would be an ordinary character; documents
 * with one are refused before they get here.
 */
export interface Pattern {
  readonly source: string;
  readonly prefix: string;
  readonly suffix: string;
}

/** Compiles an entry that contains a `*`; an entry without one is compared as a string instead. */
export function compilePattern(source: string): Pattern {
  const star = source.indexOf('*');
  return { source, prefix: source.slice(0, star), suffix: source.slice(star + 1) };
}

/** Compares letter by letter. The lengths are checked so that `ab*ba` can't match `aba`. */
export const matchesPattern = ({ prefix, suffix }: Pattern, value: string): boolean =>
  value.length >= prefix.length + suffix.length && value.startsWith(prefix) && value.endsWith(suffix);

/** A list of entries, sorted so that a look-up costs one hash and then only the entries with a `*`. */
export interface Entries {
  /** The list holds the lone entry `*`. */
  readonly any: boolean;
  readonly exact: ReadonlySet<string>;
  readonly patterns: readonly Pattern[];
}

export function compileEntries(entries: readonly string[]): Entries {
  return {
    any: entries.includes('*'),
    exact: new Set(entries.filter((entry) => !entry.includes('*'))),
    patterns: entries.filter((entry) => entry !== '*' && entry.includes('*')).map(compilePattern),
  };
}

export function matchesEntries(entries: Entries, value: string): boolean {
  if (entries.any || entries.exact.has(value)) return true;
  for (const pattern of entries.patterns) if (matchesPattern(pattern, value)) return true;
  return false;
}
