/** Longest cause, in characters: a message may repeat what a stranger sent. */
const LONGEST = 200;
/** Of the errors that one stands for, and of those that are behind one another. */
const MOST = 3;

/**
 * Why something failed, in one bounded line: what an error says, with its code, and what is behind it. `clean` takes
 * secrets out before the line is cut.
 */
export function causeOf(error: unknown, clean: (text: string) => string = (text) => text): string {
  const line = clean(said(error, MOST))
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

function said(error: unknown, depth: number): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // One for each address of a name that was tried; its own message is empty.
  const several = error instanceof AggregateError ? error.errors.slice(0, MOST) : [];
  const message = error.message || [...new Set(several.map((one) => said(one, 0)))].join('; ');
  const own = message === '' || message.includes(code) ? message || code : `${message} (${code})`;
  return depth > 0 && error.cause instanceof Error ? `${own} (${said(error.cause, depth - 1)})` : own;
}
