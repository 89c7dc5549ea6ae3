import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asksForRules, mayAskForRules } from '../../../src/edge/management/asked.ts';

const asks = (key: string) => [asksForRules({ key }), mayAskForRules({ key })];

describe('a key', () => {
  test.each([
    '/?cors',
    '/?cors=',
    '/?cors=1',
    '/?a&cors',
    '/?cors&a=b',
    '/?%63%6F%72%73',
    '/?a=cors&cors',
    '/?&cors',
  ])('%s asks for the rules', (key) => expect(asks(key)).toEqual([true, true]));

  test.each([
    '//?cors',
    '/.?cors',
    '/a/..?cors',
    '/%2e/?cors',
    '/%5C?cors',
    '/;a?cors',
    '/../?cors',
    '/a/b/../../?cors',
    // Some parsers divide at a semicolon, ignore the letter case, or remove blanks and controls.
    '/?cors;',
    '/?x;cors',
    '/?cors;x=1',
    '/?CORS',
    '/?Cors=',
    '/?+cors',
    '/?cors+',
    '/?%20cors',
    '/?cors%00',
    '/?%00cors',
    '/?cors%0d%0a',
    '/?\tcors',
    '/?cors%c2%a0',
    '/??cors',
    '/?cors?',
    '/?%2563ors',
    '/?cors%3d1',
    '/?cors[]',
    '/?cors%5B0%5D=1',
    '/?a=1&cORS[x]',
    '/%00?cors',
    '/%20?cors',
    '/+?cors',
    '/%09%2f?cors',
    '/%252f?cors',
    '/%252e%252e/?CORS',
    '//?Cors;',
  ])('%s may be one for the rules to a bucket', (key) => expect(asks(key)).toEqual([false, true]));

  test.each([
    '/',
    '/?',
    '/?corsica',
    '/?a=cors',
    '/?a=Cors',
    '/?prefix=a%26cors',
    '/?prefix=a%3Bcors',
    '/?prefix=a%2526cors&x',
    '/?cors-x',
    '/?x.cors',
    '/?cors2',
    '/?uploads&list-type=2',
    '/?%zzcors',
    '/key?cors',
    '/cors',
    '/a/../b?cors',
    '/..a?cors',
    '/%3Fcors',
    '/key?Cors',
    '/a%00?cors',
    '/%2561?cors',
  ])('%s does not', (key) => expect(asks(key)).toEqual([false, false]));

  test('that asks for the rules may do so', () => {
    const part = fc.constantFrom(...'/ ? cors & = %63 ors . .. ; a %2f % 25 63 %00 + [ %c3 C'.split(' '));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const [isOne, mayBeOne] = asks(`/${parts.join('')}`);
        expect(mayBeOne || !isOne).toBe(true);
      }),
    );
  });
});
