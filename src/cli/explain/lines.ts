import { stripVTControlCharacters } from 'node:util';
import { visible } from '../formats/paint.ts';

const MAX_ITEMS = 8;
const MAX_ITEM = 120;

/** A value for a terminal, cut if it is long. */
export const shown = (value: string): string =>
  visible(value.length > MAX_ITEM ? `${value.slice(0, MAX_ITEM)}…` : value);

/** The first values of a list, and how many are left out. */
export function listed(values: readonly string[]): string {
  const more = values.length > MAX_ITEMS ? `, and ${values.length - MAX_ITEMS} more` : '';
  return `${values.slice(0, MAX_ITEMS).map(shown).join(', ')}${more}`;
}

/**
 * Breaks a text at blanks: the first line begins with `first`, the others with as many blanks. Colours take no columns.
 */
export function wrapped(first: string, text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && first.length + columns(line) + 1 + columns(word) > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].map((one, at) => `${at === 0 ? first : ' '.repeat(first.length)}${one}`);
}

const columns = (text: string): number => stripVTControlCharacters(text).length;
