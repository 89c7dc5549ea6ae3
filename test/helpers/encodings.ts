/** The bytes that Windows tools write for a text, by the name of the encoding. */
export const ENCODINGS: readonly (readonly [name: string, encode: (text: string) => Buffer])[] = [
  ['UTF-8 behind a byte order mark', (text) => Buffer.from(`\uFEFF${text}`)],
  ['UTF-16', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
  ['UTF-16 with the bytes swapped', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
];
