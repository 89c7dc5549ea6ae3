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
function compilePattern(source: string): Pattern {
  const star = source.indexOf('*');
  return { source, prefix: source.slice(0, star), suffix: source.slice(star + 1) };
}

/**
 * Compares letter by letter. The lengths are checked so that `ab*ba` can't match `aba`; the end comes
 * first, because most entries begin with the same `https://`.
 */
export const matchesPattern = ({ prefix, suffix }: Pattern, value: string): boolean =>
  value.length >= prefix.length + suffix.length && value.endsWith(suffix) && value.startsWith(prefix);

/** A list of entries, sorted so that a look-up costs one search and then only the entries with a `*`. */
export interface Entries {
  /** The list holds the lone entry `*`. */
  readonly any: boolean;
  /** The entries without `*`. */
  readonly exact: readonly string[];
  /** The same, where hashing is worth it. */
  readonly index: ReadonlySet<string> | null;
  readonly patterns: readonly Pattern[];
}

/** Up to so many short names, comparing is faster than hashing a string that has just come off the wire. */
const FEW = 8;

/** An origin is hashed once for all rules; origins also look so much alike that comparing them is slow. */
export const compileOrigins = (entries: readonly string[]): Entries => compileEntries(entries, 0);

/** Header names are lower-cased, since they ignore case; the names looked up must be too. */
export const compileHeaders = (entries: readonly string[]): Entries =>
  compileEntries(
    entries.map((name) => name.toLowerCase()),
    FEW,
  );

function compileEntries(entries: readonly string[], comparedUpTo: number): Entries {
  const exact = entries.filter((entry) => !entry.includes('*'));
  return {
    any: entries.includes('*'),
    exact,
    index: exact.length > comparedUpTo ? new Set(exact) : null,
    patterns: entries.filter((entry) => entry !== '*' && entry.includes('*')).map(compilePattern),
  };
}

/** Whether the list names the value letter by letter. */
export const namesExactly = ({ exact, index }: Entries, value: string): boolean =>
  index === null ? exact.includes(value) : index.has(value);

export function matchesEntries(entries: Entries, value: string): boolean {
  if (entries.any || namesExactly(entries, value)) return true;
  for (const pattern of entries.patterns) if (matchesPattern(pattern, value)) return true;
  return false;
}
