/** Characters around a value that the operator did not mean: quotes of an env file, a Windows line end, a blank. */
export interface Wrapping {
  readonly reason: string;
  /** The value without them. */
  readonly bare: string;
}

/** White space in a line, and characters without a width, which copied text brings along. */
const BLANK = String.raw`[^\S\r\n]|[\u200b-\u200d\u2060]`;
const BEFORE = new RegExp(`^(?:${BLANK})+`);
const AFTER = new RegExp(`(?:${BLANK})+$`);
const QUOTES = /^(?:"(.*)"|'(.*)'|`(.*)`|“(.*)”|‘(.*)’)$/s;

/** Null without such characters. A document may have line breaks, and a blank alone is no value to wrap. */
export function wrapping(text: string): Wrapping | null {
  if (/^\s*[<{[]/.test(text) || text.trim() === '') return null;
  const line = text.replace(/[\r\n]+$/, '');
  const outer = trimmed(line);
  const unquoted = QUOTES.exec(outer)
    ?.slice(1)
    .find((inner) => inner !== undefined);
  const inner = unquoted === undefined ? outer : trimmed(unquoted);
  const reasons = [
    ...(unquoted === undefined ? [] : ['has quotes around it']),
    ...blanks(line, outer),
    ...(unquoted === undefined ? [] : blanks(unquoted, inner)),
    ...(line === text
      ? []
      : [`ends in a ${text.slice(line.length).includes('\r') ? 'carriage return' : 'line break'}`]),
    ...(/[\r\n]/.test(line) ? ['has a line break in it'] : []),
  ];
  return reasons.length === 0
    ? null
    : { reason: [...new Set(reasons)].join(' and '), bare: inner.split(/[\r\n]/, 1)[0] ?? '' };
}

const trimmed = (text: string): string => text.replace(BEFORE, '').replace(AFTER, '');

function blanks(text: string, bare: string): readonly string[] {
  if (text === bare) return [];
  const ends = [BEFORE.test(text) ? 'before' : null, AFTER.test(text) ? 'after' : null];
  return [`has a blank ${ends.filter((end) => end !== null).join(' and ')} it`];
}
