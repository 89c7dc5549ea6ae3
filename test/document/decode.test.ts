import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeText } from '../../src/document/decode.ts';

const LE_MARK = [0xff, 0xfe];
const BE_MARK = [0xfe, 0xff];
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const swapped = (text: string): Buffer => utf16(text).swap16();

describe('the bytes of a text', () => {
  // A byte order mark at the start is not part of the text; a lone surrogate has no bytes in UTF-8.
  const text = fc
    .string({ unit: 'grapheme' })
    .filter((one) => one.isWellFormed() && !one.startsWith('\uFEFF'));

  test.each<[string, (text: string) => Uint8Array]>([
    ['UTF-8 with a byte order mark', (one) => Buffer.from(`\uFEFF${one}`)],
    ['UTF-16, least byte first', (one) => Buffer.from([...LE_MARK, ...utf16(one)])],
    ['UTF-16, greatest byte first', (one) => Buffer.from([...BE_MARK, ...swapped(one)])],
    ['UTF-16 without a mark, least byte first', (one) => utf16(`<${one}`)],
    ['UTF-16 without a mark, greatest byte first', (one) => swapped(`<${one}`)],
    ['UTF-8', (one) => Buffer.from(`<${one}`)],
  ])('are decoded from %s', (name, encode) => {
    const first =
      name.includes('mark, least') || name.endsWith('mark, greatest byte first') || name === 'UTF-8'
        ? '<'
        : '';
    fc.assert(
      fc.property(text, (one) => {
        expect(decodeText(encode(one))).toBe(first + one);
      }),
    );
  });

  const declared = (encoding: string, ...bytes: number[]): Uint8Array =>
    Buffer.concat([Buffer.from(`<?xml version="1.0" encoding="${encoding}"?><ID>`), Buffer.from(bytes)]);
  const valueIn = (bytes: Uint8Array): string => decodeText(bytes).split('<ID>').at(-1) ?? '';

  test.each<[string, Uint8Array, string]>([
    ['by their declaration if they are not UTF-8', declared('GBK', 0xd4, 0xca), '允'],
    ['by a declaration of Latin letters', declared('ISO-8859-1', 0xe4), 'ä'],
    ['as UTF-8 if they are UTF-8, whatever the declaration says', declared('GBK', 0xc3, 0xa4), 'ä'],
    ['as UTF-8 if the declared encoding is unknown', declared('x-none', 0xe4), '\ufffd'],
    ['as UTF-8 if the declaration says UTF-16 and they are not', declared('UTF-16', 0xe4), '\ufffd'],
  ])('are read %s', (_name, bytes, value) => {
    expect(valueIn(bytes)).toBe(value);
  });

  test('may be none, or one', () => {
    expect(decodeText(new Uint8Array())).toBe('');
    expect(decodeText(Buffer.from('a'))).toBe('a');
  });

  test('are decoded whatever they are', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof decodeText(bytes) === 'string'));
  });
});
