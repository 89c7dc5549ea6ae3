import type { CompiledRule } from '../../cors/compile.ts';
import { escapeSpecial as escaped } from '../regex.ts';

/** Identifies the request headers that a rule allows: rules with the same text allow the same. */
export function headerKey({ headers }: CompiledRule): string {
  if (headers.any) return '*';
  return JSON.stringify([...headers.exact, ...headers.patterns.map(({ source }) => source)].sort());
}

/**
 * A regular expression that finds a name which a rule refuses in text that ends with `,` and a value of
 * Access-Control-Request-Headers. It is for a rule that does not list `*`. It compares once at each comma: hostile lists
 * take it no longer than others.
 */
export function refusedNameRegex(rule: CompiledRule): string {
  const names = nameRegexes(rule);
  return names.length === 0 ? ',\\s*+[^\\s,]' : `,\\s*+(?!(?:${names.join('|')})\\s*(?:,|$))[^\\s,]`;
}

/** The same to follow other regular expressions: it matches if a rule allows all names of the rest, which begins with `,`. */
export const allowedNamesRegex = (rule: CompiledRule): string =>
  rule.headers.any ? '' : `(?!(?i:.*${refusedNameRegex(rule)}))`;

/**
 * A faster one for lists as browsers send them, in lower case and without blanks. It is possessive and may refuse a list
 * that is allowed: another one must follow.
 */
export function usualNamesRegex(rule: CompiledRule): string {
  const names = nameRegexes(rule);
  if (rule.headers.any) return ',';
  return names.length === 0 ? ',$' : `(?:,(?:${names.join('|')})?)*+$`;
}

/** Longer names first, because others may begin them. */
const nameRegexes = ({ headers }: CompiledRule): readonly string[] => [
  ...headers.exact
    .filter(isName)
    .toSorted((one, other) => other.length - one.length)
    .map(escaped),
  ...headers.patterns
    .filter(({ source }) => isName(source))
    .map(({ prefix, suffix }) => `${escaped(prefix)}[^,]*${escaped(suffix)}`),
];

/** Whether an item of a list can have this name; a comma divides items. */
const isName = (name: string): boolean => /^[ -+\--~]*$/.test(name);
