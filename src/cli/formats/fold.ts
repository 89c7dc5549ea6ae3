import { wrapped } from '../explain/lines.ts';

/** Columns where the terminal does not say. */
const WIDTH = 80;

/** Lines of at most `width` columns; the parts of a longer one have its indentation. A longer word stays whole. */
export const folded = (lines: readonly string[], width = WIDTH): readonly string[] =>
  lines.flatMap((line) => {
    const text = line.trimStart();
    return wrapped(line.slice(0, line.length - text.length), text, width);
  });
