/** Most characters of a cause: a message may repeat what a client or a bucket sent. */
const MAX_CAUSE = 200;
/** Most characters of one error's message, so that its code fits too: a certificate error lists all names. */
const MAX_MESSAGE = 140;
/** Most errors of an AggregateError, and most levels of `error.cause`. */
const MAX_ERRORS = 3;

/**
 * Returns why an operation failed, as one line of bounded length: the error's message and code, then those of its causes.
 * `clean` removes secrets before any text is cut.
 */
export function causeOf(error: unknown, clean: (text: string) => string = (text) => text): string {
  const line = describe(error, MAX_ERRORS, clean)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > MAX_CAUSE ? `${line.slice(0, MAX_CAUSE - 1)}…` : line;
}

function describe(error: unknown, depth: number, clean: (text: string) => string): string {
  if (!(error instanceof Error)) return clean(String(error));
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // Node's AggregateError has one error for each address that it tried, and an empty message.
  const several = error instanceof AggregateError ? error.errors.slice(0, MAX_ERRORS) : [];
  const message = error.message
    ? shortened(clean(error.message))
    : [...new Set(several.map((one) => describe(one, 0, clean)))].join('; ');
  const own = message === '' || message.includes(code) ? message || code : `${message} (${code})`;
  return depth > 0 && error.cause instanceof Error
    ? `${own} (${describe(error.cause, depth - 1, clean)})`
    : own;
}

const shortened = (message: string): string =>
  message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
