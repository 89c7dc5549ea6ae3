/** A value as JavaScript text of visible ASCII, which is the same text in every encoding. */
export const literal = (value: string | number | readonly string[]): string =>
  typeof value === 'object'
    ? `[${value.map((item) => literal(item)).join(', ')}]`
    : JSON.stringify(value).replace(
        /[^\x20-\x7e]/g,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
