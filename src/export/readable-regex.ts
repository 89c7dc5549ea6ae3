import type { CompiledRule } from '../cors/compile.ts';

/** Puts a backslash before the punctuation that PCRE gives a meaning, and before no other. */
export const escapeSpecial = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** An anchored regular expression for an origin with `*`, for configurations that people read. `star`: what `*` matches. */
export const originRegex = (
  { prefix, suffix }: { readonly prefix: string; readonly suffix: string },
  star = '.*',
): string => `^${escapeSpecial(prefix)}${star}${escapeSpecial(suffix)}$`;

/**
 * A regular expression (PCRE) for one of the names that a rule allows, in a list of names in lower case each with a comma
 * after it. A list is allowed when nothing remains after every match is removed. A match begins at the beginning of a name
 * and cannot pass a comma: a long hostile list takes linear time.
 */
export const namesRegex = (rule: CompiledRule): string => `(?<![^,])(${entriesOf(rule).join('|')}),`;

/** A regular expression (PCRE) for such a list whose names the rule allows, all or none. It takes back no name: linear time. */
export const listRegex = (rule: CompiledRule): string => `^((${entriesOf(rule).join('|')}),)*+$`;

const entriesOf = ({ headers }: CompiledRule): readonly string[] => [
  ...headers.exact.map(escapeName),
  ...headers.patterns.map(({ prefix, suffix }) => `${escapeName(prefix)}[^,]*${escapeName(suffix)}`),
];

/** Letters, digits, `-` and `_` stand for themselves, other characters that a name can have as their code. */
const escapeName = (text: string): string =>
  text.replace(/[^A-Za-z0-9_-]/g, (character) =>
    character === '.' ? '[.]' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
