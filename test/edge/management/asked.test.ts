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
  ])('%s may be one for the rules to a bucket', (key) => expect(asks(key)).toEqual([false, true]));

  test.each([
    '/',
    '/?',
    '/?corsica',
    '/?Cors',
    '/?a=cors',
    '/?cors%00',
    '/?%zzcors',
    '/key?cors',
    '/cors',
    '/a/../b?cors',
    '/..a?cors',
    '/%3Fcors',
  ])('%s does not', (key) => expect(asks(key)).toEqual([false, false]));

  test('that asks for the rules may do so', () => {
    const part = fc.constantFrom('/', '?', 'cors', '&', '=', '%63', '.', '..', ';', 'a', '%2f');
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const [isOne, mayBeOne] = asks(`/${parts.join('')}`);
        expect(mayBeOne || !isOne).toBe(true);
      }),
    );
  });
});
