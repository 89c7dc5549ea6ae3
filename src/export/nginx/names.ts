import type { CompiledRule } from '../../cors/compile.ts';
import { escaped } from './text.ts';

/** Identifies the request headers that a rule allows: rules with the same text allow the same. */
export function headerKey({ headers }: CompiledRule): string {
  if (headers.any) return '*';
  return JSON.stringify([...headers.exact, ...headers.patterns.map(({ source }) => source)].sort());
}

/**
 * A regular expression that finds a name which a rule refuses in `,` and a value of Access-Control-Request-Headers. It is
 * for a rule that does not list `*`. PCRE looks for the commas and compares once at each: that is several times faster
 * than to match the whole list, and linear for hostile lists.
 */
export function refusedNameRegex({ headers }: CompiledRule): string {
  const names = [
    ...headers.exact.filter(isName).map(escaped),
    ...headers.patterns
      .filter(({ source }) => isName(source))
      .map(({ prefix, suffix }) => `${escaped(prefix)}[^,]*${escaped(suffix)}`),
  ];
  return names.length === 0 ? '[^\\s,]' : `,\\s*+(?!(?:${names.join('|')})\\s*(?:,|$))[^\\s,]`;
}

/** The same to follow other regular expressions: it matches if a rule allows all names of the rest, which begins with `,`. */
export function allowedNamesRegex(rule: CompiledRule): string {
  return rule.headers.any ? '' : `(?!(?i:.*${refusedNameRegex(rule)}))`;
}

/** Whether an item of a list can have this name; a comma divides items. */
const isName = (name: string): boolean => /^[ -+\--~]*$/.test(name);
