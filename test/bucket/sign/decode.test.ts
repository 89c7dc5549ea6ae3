import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, normal, parametersOf } from '../../../src/bucket/sign/canonical.ts';

const PIECE = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0, max: 0xff }).map((byte) => `%${byte.toString(16)}`),
  fc.constantFrom('%', '%4', '%aB', '%Ab', '%AB', '%zz', '%u0041', '%%41', '+', '=', '&', 'é', '中', 'plain'),
);
const TEXT = fc.array(PIECE, { maxLength: 12 }).map((pieces) => pieces.join(''));

/** Byte by byte: text from the wire has one byte in each character, any other text is sent as UTF-8. */
function byBytes(raw: string): string {
  const wide = [...raw].some((character) => (character.codePointAt(0) ?? 0) > 0xff);
  const bytes = [...Buffer.from(raw, wide ? 'utf8' : 'latin1')];
  let text = '';
  for (let at = 0; at < bytes.length; at += 1) {
    const digits = String.fromCharCode(...bytes.slice(at + 1, at + 3));
    const escaped = bytes[at] === 0x25 && /^[0-9a-f]{2}$/i.test(digits);
    text += String.fromCharCode(escaped ? Number.parseInt(digits, 16) : (bytes[at] ?? 0));
    if (escaped) at += 2;
  }
  return text;
}

test('text is decoded as byte by byte', () => {
  fc.assert(
    fc.property(TEXT, (raw) => {
      expect(decode(raw)).toBe(byBytes(raw));
    }),
  );
});

test('long text is decoded as byte by byte', () => {
  for (const unit of ['中', '%e4', 'ä', '%', 'a'])
    expect(decode(unit.repeat(20_000))).toBe(byBytes(unit.repeat(20_000)));
});

test('the canonical form is that of every byte, encoded unless unreserved', () => {
  const encoded = (raw: string) =>
    [...byBytes(raw)]
      .map((byte) =>
        /[A-Za-z0-9\-._~]/.test(byte)
          ? byte
          : `%${Buffer.from(byte, 'latin1').toString('hex').toUpperCase()}`,
      )
      .join('');
  fc.assert(
    fc.property(TEXT, (raw) => {
      expect(normal(raw)).toBe(encoded(raw));
    }),
  );
});

test.each([
  ['no query', '/a', []],
  ['an empty query', '/a?', []],
  ['a name without a value', '/a?b', [['b', '']]],
  ['an empty value', '/a?b=', [['b', '']]],
  ['an empty name', '/a?=b', [['', 'b']]],
  ['a value with an equals sign', '/a?b=c=d', [['b', 'c=d']]],
  [
    'empty parameters',
    '/a?&b&&c&',
    [
      ['b', ''],
      ['c', ''],
    ],
  ],
  ['plus signs, which are blanks', '/a+b?c+d=e+f', [['c d', 'e f']]],
  ['escapes, which stay', '/a?%62=%26', [['%62', '%26']]],
] as const)('a target with %s is divided into its parameters', (_, target, parameters) => {
  expect(parametersOf(target)).toEqual(parameters);
});
