/** Longest cause, in characters: a message may repeat what a stranger sent. */
const LONGEST = 200;
/** Longest message of one error, so that its code stays in the line: a certificate's fault lists all its names. */
const LONGEST_MESSAGE = 140;
/** Of the errors that one stands for, and of those that are behind one another. */
const MOST = 3;

/**
 * Why something failed, in one bounded line: what an error says, with its code, and what is behind it. `clean` takes
 * secrets out before anything is cut.
 */
export function causeOf(error: unknown, clean: (text: string) => string = (text) => text): string {
  const line = said(error, MOST, clean)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

function said(error: unknown, depth: number, clean: (text: string) => string): string {
  if (!(error instanceof Error)) return clean(String(error));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // One for each address of a name that was tried; its own message is empty.
  const several = error instanceof AggregateError ? error.errors.slice(0, MOST) : [];
  const message = error.message
    ? shortened(clean(error.message))
    : [...new Set(several.map((one) => said(one, 0, clean)))].join('; ');
  const own = message === '' || message.includes(code) ? message || code : `${message} (${code})`;
  return depth > 0 && error.cause instanceof Error ? `${own} (${said(error.cause, depth - 1, clean)})` : own;
}

const shortened = (message: string): string =>
  message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 1)}…` : message;
