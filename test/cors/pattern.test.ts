import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileOrigins, matchesEntries } from '../../src/cors/pattern.ts';
import { fits } from './_naive.ts';

const matches = (entries: readonly string[], value: string) => matchesEntries(compileOrigins(entries), value);

describe('the comparison of one entry with one value (semantics.md §2.2)', () => {
  test.each([
    ['an entry `*` matches every value', '*', 'https://a.example', true],
    ['an entry `*` matches the empty string', '*', '', true],
    ['* matches no character', 'start*end', 'startend', true],
    ['* matches one character', 'start*end', 'start1end', true],
    ['* matches several characters', 'start*end', 'start12end', true],
    ['the prefix must begin the value', 'start*end', '0start12end', false],
    ['the suffix must end the value', 'start*end', 'start12end0', false],
    ['prefix and suffix may not overlap', 'ab*ba', 'aba', false],
    ['prefix and suffix may touch', 'ab*ba', 'abba', true],
    ['equal prefix and suffix may not overlap', 'a*a', 'a', false],
    ['* matches dots', 'https://*.example.com', 'https://a.b.example.com', true],
    ['* matches slashes and colons', 'http*', 'https://a.example:8443', true],
    ['* may stand inside a label', 'https://cdn*.example.com', 'https://cdn7.example.com', true],
    ['* matches a port', 'http://localhost:*', 'http://localhost:5173', true],
    ['* for a subdomain does not match the apex', 'https://*.example.com', 'https://example.com', false],
    ['* for a subdomain matches an empty one', 'https://*.example.com', 'https://.example.com', true],
    ['a leading * matches a look-alike domain', '*example.com', 'https://evilexample.com', true],
    ['a dot is literal', 'https://a.example', 'https://aXexample', false],
    ['a plus and brackets are literal', 'https://a+[b].(c)', 'https://a+[b].(c)', true],
    ['a value may contain a *', 'a*c', 'a*c', true],
    ['case is compared', 'https://a.example', 'https://A.example', false],
    ['case is compared beside a *', 'https://*.example', 'https://a.Example', false],
    ['a trailing slash in the value is compared', 'https://a.example', 'https://a.example/', false],
    ['a trailing slash in the entry is compared', 'https://a.example/', 'https://a.example', false],
    ['a default port in the value is compared', 'https://a.example', 'https://a.example:443', false],
    ['a default port in the entry is compared', 'http://a.example:80', 'http://a.example', false],
    ['another scheme does not match', 'https://a.example', 'http://a.example', false],
    ['a value without a scheme is compared as it is', 'www.aliyun.com', 'www.aliyun.com', true],
    [
      'an entry without a scheme does not match a value with one',
      'www.aliyun.com',
      'http://www.aliyun.com',
      false,
    ],
  ])('%s', (_, entry, value, expected) => {
    expect(matches([entry], value)).toBe(expected);
  });

  test('an empty list matches no value', () => {
    expect(matches([], '')).toBe(false);
  });

  test('an empty value does not match entries with a character besides *', () => {
    expect(matches(['a', 'a*', '*a'], '')).toBe(false);
  });
});

describe('laws of patterns', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 6 });
  const entry = fc.oneof(
    letters,
    fc.tuple(letters, letters).map(([before, after]) => `${before}*${after}`),
  );

  test('a pattern matches exactly the values that the reference implementation matches', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 2 });
    const patterns = fc.tuple(short, short).map(([before, after]) => `${before}*${after}`);
    fc.assert(
      fc.property(patterns, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 }), (source, value) => {
        expect(matches([source], value)).toBe(fits(source, value));
      }),
      { numRuns: 3000 },
    );
  });

  test('an entry matches every value made by replacing its *', () => {
    fc.assert(
      fc.property(entry, fc.string({ maxLength: 8 }), (source, filling) => {
        expect(matches([source], source.split('*').join(filling))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('a list matches if one of its entries does', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), letters, (entries, value) => {
        expect(matches(entries, value)).toBe(entries.some((source) => fits(source, value)));
      }),
      { numRuns: 2000 },
    );
  });
});
