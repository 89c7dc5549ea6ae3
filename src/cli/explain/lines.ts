const MAX_ITEMS = 8;
const MAX_ITEM = 120;

/** A text for a terminal: control characters, which may move the cursor or change colours, become code points. */
export const printable = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );

/** A value for a terminal, cut if it is long. */
export const shown = (value: string): string =>
  printable(value.length > MAX_ITEM ? `${value.slice(0, MAX_ITEM)}…` : value);

/** The first values of a list, and how many are left out. */
export function listed(values: readonly string[]): string {
  const more = values.length > MAX_ITEMS ? `, and ${values.length - MAX_ITEMS} more` : '';
  return `${values.slice(0, MAX_ITEMS).map(shown).join(', ')}${more}`;
}

/** Breaks a text at blanks: the first line begins with `first`, the others with as many blanks. */
export function wrapped(first: string, text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && first.length + line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].map((one, at) => `${at === 0 ? first : ' '.repeat(first.length)}${one}`);
}

/** Colours for a terminal; without colours each returns its text. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

export function styleOf(colours: boolean): Style {
  const coloured = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: coloured(1), good: coloured(32), bad: coloured(31) };
}
