import type { CompiledRule } from '../../cors/compile.ts';
import { escaped } from './text.ts';

/** Identifies the request headers that a rule allows: rules with the same text allow the same. */
export function headerKey({ headers }: CompiledRule): string {
  if (headers.any) return '*';
  return JSON.stringify([...headers.exact, ...headers.patterns.map(({ source }) => source)].sort());
}

/**
 * A regular expression, to follow others, for the values of Access-Control-Request-Headers that a rule allows: a list
 * whose items are empty or allowed names. Atomic groups make it linear: no hostile list makes it search for long.
 */
export function headersRegex({ headers }: CompiledRule): string {
  if (headers.any) return '';
  const names = [
    ...headers.exact.filter(isName).map(escaped),
    ...headers.patterns
      .filter(({ source }) => isName(source))
      .map(({ prefix, suffix }) => `${escaped(prefix)}[^,]*${escaped(suffix)}`),
  ];
  if (names.length === 0) return '[\\s,]*$';
  return `(?i:(?>\\s*(?>(?:${names.join('|')})(?=\\s*(?:,|$)))?\\s*(?:,|$))*+)$`;
}

/** Whether an item of a list can have this name; a comma divides items. */
const isName = (name: string): boolean => /^[ -+\--~]*$/.test(name);
