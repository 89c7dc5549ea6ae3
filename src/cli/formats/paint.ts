/** Colours for a terminal; without them the text stays as it is. */
export interface Paint {
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** SGR sequences (ECMA-48 §8.3.117) around a text. */
export function paintFor(colours: boolean): Paint {
  const within = (on: number, off: number) => (text: string) =>
    colours ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    red: within(31, 39),
    green: within(32, 39),
    yellow: within(33, 39),
    cyan: within(36, 39),
    bold: within(1, 22),
    dim: within(2, 22),
  };
}

/** A text in one line, its control characters written out: a document could command the terminal by them. */
export const visible = (text: string): string =>
  text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
