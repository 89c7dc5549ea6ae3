/**
 * One entry of AllowedOrigin or AllowedHeader with a `*`, which matches any characters or no character (semantics.md
 * §2.2). Document readers refuse an entry with a second `*`.
 */
export interface Pattern {
  readonly source: string;
  readonly prefix: string;
  readonly suffix: string;
}

function compilePattern(source: string): Pattern {
  const star = source.indexOf('*');
  return { source, prefix: source.slice(0, star), suffix: source.slice(star + 1) };
}

/**
 * Compares case-sensitively. The length check prevents that `ab*ba` matches `aba`. The end is compared first, because
 * most entries begin with the same `https://`.
 */
export const matchesPattern = ({ prefix, suffix }: Pattern, value: string): boolean =>
  value.length >= prefix.length + suffix.length && value.endsWith(suffix) && value.startsWith(prefix);

/** A list of entries, divided so that a look-up costs one search and a comparison with each entry that has a `*`. */
export interface Entries {
  /** The list has the entry `*`. */
  readonly any: boolean;
  /** The entries without `*`. */
  readonly exact: readonly string[];
  /** `exact` as a set; null for a short list, which is faster to search. */
  readonly index: ReadonlySet<string> | null;
  readonly patterns: readonly Pattern[];
}

/** Up to this many short names, a search of the list is faster than hashing a string that was just received. */
const FEW = 8;

/** Always uses a set: V8 hashes an origin once for all rules, and comparing the long common prefixes is slow. */
export const compileOrigins = (entries: readonly string[]): Entries => compileEntries(entries, 0);

/** Lower-cases the header names, which ignore case. Look up names in lower case. */
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

/** Whether the list has this value as an entry without `*`. Case-sensitive. */
export const namesExactly = ({ exact, index }: Entries, value: string): boolean =>
  index === null ? exact.includes(value) : index.has(value);

export function matchesEntries(entries: Entries, value: string): boolean {
  if (entries.any || namesExactly(entries, value)) return true;
  for (const pattern of entries.patterns) if (matchesPattern(pattern, value)) return true;
  return false;
}
