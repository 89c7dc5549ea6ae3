import type { Command, Flag } from '../command.ts';

/** The flags of a command with `--help`, which all have. */
export const flagsOf = ({ flags }: Command): readonly Flag[] => [
  ...flags,
  { name: 'help', about: 'Shows the help of the command.' },
];

/** The values that completion offers for a flag. */
export const valuesOf = ({ choices, offers }: Flag): readonly string[] => choices ?? offers ?? [];

/** True if the words that completion offers stand first, and files after them. */
export const filesFollow = ({ maxWords, offers }: Command): boolean => offers !== undefined && maxWords > 1;

/** What completion offers for the words of a command; `files` without a list, null if it takes no words. */
export const wordsOf = ({ maxWords, offers }: Command): readonly string[] | 'files' | null =>
  maxWords === 0 ? null : (offers?.() ?? 'files');

/** A text in single quotes for bash and zsh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The first sentence of a flag's text, without Markdown. */
export const brief = ({ about }: Flag): string =>
  (/^.*?[.:;](?=\s|$)/.exec(about)?.[0] ?? about).replaceAll('`', '').replace(/[.:;]$/, '');
