import { VARY } from './names.ts';

/**
 * Merges names into a bucket's own Vary lines, without duplicates. A `*` in the bucket's Vary replaces all names
 * (RFC 9110 §12.5.5; semantics.md §4). Returns null when no name is left.
 */
export function mergeVary(own: readonly string[], added: readonly string[]): string | null {
  const merged = new Map<string, string>();
  for (const line of own) {
    for (const item of line.split(',')) {
      const name = item.trim();
      if (name === '*') return '*';
      if (name !== '' && !merged.has(name.toLowerCase())) merged.set(name.toLowerCase(), name);
    }
  }
  for (const name of added) if (!merged.has(name.toLowerCase())) merged.set(name.toLowerCase(), name);
  return merged.size === 0 ? null : [...merged.values()].join(', ');
}

/** Returns the Vary header as a flat pair, or an empty list. */
export function varyHeader(own: readonly string[], added: readonly string[]): readonly string[] {
  const value = own.length === 0 && added.length > 0 ? added.join(', ') : mergeVary(own, added);
  return value === null ? [] : [VARY, value];
}

/** Removes a name from Vary lines: the edge does not forward that header, so the bucket cannot vary on it. */
export function withoutVary(own: readonly string[], name: string): readonly string[] {
  return own
    .flatMap((line) => line.split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '' && item.toLowerCase() !== name.toLowerCase());
}
