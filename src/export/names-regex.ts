import type { CompiledRule } from '../cors/compile.ts';

/**
 * A regular expression for one name of `names`, in lower case and with the comma that ends it: a list of names, each with
 * its comma, is allowed when nothing remains after every match is removed. A match cannot pass a comma, so a long list
 * takes linear time. It needs neither PCRE nor an anchor: a match that begins inside a name leaves the letters before it.
 */
export const namesRegex = ({ headers }: CompiledRule): string => {
  const entries = [
    ...headers.exact.map(escapeName),
    ...headers.patterns.map(({ prefix, suffix }) => `${escapeName(prefix)}[^,]*${escapeName(suffix)}`),
  ];
  return entries.length === 1 ? `${entries[0]},` : `(${entries.join('|')}),`;
};

/** Letters, digits, `-` and `_` stand for themselves, other characters that a name can have as their code. */
const escapeName = (text: string): string =>
  text.replace(/[^A-Za-z0-9_-]/g, (character) =>
    character === '.' ? '[.]' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
