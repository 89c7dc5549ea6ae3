import { headerEntry } from '../../analysis/entries.ts';
import type { CompiledRules } from '../../cors/compile.ts';

/** Writes witnesses of header names as the entries that accept them; a name that an entry lists stays. */
export function nameEntries(
  ruleSets: readonly CompiledRules[],
): (names: readonly string[]) => readonly string[] {
  const rules = ruleSets.flatMap(({ rules: compiled }) => compiled);
  const listed = new Set(rules.flatMap(({ rule }) => rule.allowedHeaders.map((name) => name.toLowerCase())));
  const entryOf = (name: string): string => {
    if (listed.has(name) || name === 'authorization') return name;
    const found = rules.map((rule) => headerEntry(rule, name)).filter((entry) => entry !== name);
    return found.find((entry) => entry !== '*') ?? found[0] ?? name;
  };
  return (names) => {
    const entries = [...new Set(names.map(entryOf))];
    return entries.includes('*') ? ['*'] : entries;
  };
}
