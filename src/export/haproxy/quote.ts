/**
 * Writes one word of haproxy.cfg: bare, in single quotes, in which no character is special, or in double quotes
 * (https://docs.haproxy.org/2.6/configuration.html#2.2).
 */
export function quote(text: string): string {
  if (/^[A-Za-z0-9_.,:/*%=()[\]<>@+-]+$/.test(text)) return text;
  return text.includes("'") ? `"${text.replace(/[\\"$]/g, '\\$&')}"` : `'${text}'`;
}

/** Writes a value for an action that expands `%`. */
export const quoteFormat = (text: string): string => quote(text.replaceAll('%', '%%'));

/** Of the 64 words that a line may have, those for values; the rest is for what stands around them. */
const WORDS = 40;
/** Of the 2,048 characters that a line may have in older versions. */
const CHARACTERS = 1_000;

/** Divides words into groups that each fit a line. A word longer than a line is alone. */
export function linesOf(words: readonly string[]): readonly string[] {
  const lines: string[][] = [];
  let length = 0;
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length === WORDS || length + word.length >= CHARACTERS) {
      lines.push([word]);
      length = word.length;
    } else {
      last.push(word);
      length += word.length + 1;
    }
  }
  return lines.map((line) => line.join(' '));
}
