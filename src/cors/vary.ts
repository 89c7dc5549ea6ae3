import { VARY } from './names.ts';

/**
 * Merges names into a bucket's own Vary lines: nothing of the bucket's is lost, nothing stands twice,
 * a `*` of the bucket's swallows the rest (RFC 9110 §12.5.5; semantics.md §4). Null when there is nothing to vary on.
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

/** The Vary header as a flat pair, or nothing. */
export function varyHeader(own: readonly string[], added: readonly string[]): readonly string[] {
  const value = own.length === 0 && added.length > 0 ? added.join(', ') : mergeVary(own, added);
  return value === null ? [] : [VARY, value];
}

/** Takes one name out of Vary lines; what a bucket varies on is not the edge's when it never saw that header. */
export function withoutVary(own: readonly string[], name: string): readonly string[] {
  const kept = own
    .flatMap((line) => line.split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '' && item.toLowerCase() !== name.toLowerCase());
  return kept;
}
