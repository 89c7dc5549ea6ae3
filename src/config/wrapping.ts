/** Characters around a value that the operator did not mean: quotes of an env file, a Windows line end. */
export interface Wrapping {
  readonly reason: string;
  /** The value without them. */
  readonly bare: string;
}

/** Null without such characters. A document may have line breaks. */
export function wrapping(text: string): Wrapping | null {
  if (/^\s*[<{[]/.test(text)) return null;
  const line = text.replace(/[\r\n]+$/, '');
  const bare = /^(["'])(.*)\1$/s.exec(line)?.[2] ?? line;
  const reasons = [
    ...(bare === line ? [] : ['has quotes around it']),
    ...(line === text
      ? []
      : [`ends in a ${text.slice(line.length).includes('\r') ? 'carriage return' : 'line break'}`]),
    ...(/[\r\n]/.test(line) ? ['has a line break in it'] : []),
  ];
  return reasons.length === 0
    ? null
    : { reason: reasons.join(' and '), bare: bare.split(/[\r\n]/, 1)[0] ?? '' };
}
