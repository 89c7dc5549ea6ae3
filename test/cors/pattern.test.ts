import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileOrigins, matchesEntries } from '../../src/cors/pattern.ts';
import { fits } from './_naive.ts';

const matches = (entries: readonly string[], value: string) => matchesEntries(compileOrigins(entries), value);

describe('one entry against one value (semantics.md §2.2)', () => {
  test.each([
    ['a lone * takes everything', '*', 'https://a.example', true],
    ['a lone * takes the empty string', '*', '', true],
    ['* stands for no character too', 'start*end', 'startend', true],
    ['* stands for one character', 'start*end', 'start1end', true],
    ['* stands for a run of characters', 'start*end', 'start12end', true],
    ['the start must be the start', 'start*end', '0start12end', false],
    ['the end must be the end', 'start*end', 'start12end0', false],
    ['the two ends may not overlap', 'ab*ba', 'aba', false],
    ['the two ends may touch', 'ab*ba', 'abba', true],
    ['equal ends need room for both', 'a*a', 'a', false],
    ['* crosses dots', 'https://*.example.com', 'https://a.b.example.com', true],
    ['* crosses slashes and colons', 'http*', 'https://a.example:8443', true],
    ['* may stand inside a label', 'https://cdn*.example.com', 'https://cdn7.example.com', true],
    ['* may stand for a port', 'http://localhost:*', 'http://localhost:5173', true],
    ['a starred subdomain is not the apex', 'https://*.example.com', 'https://example.com', false],
    ['a starred subdomain may be empty', 'https://*.example.com', 'https://.example.com', true],
    ['a leading * takes a look-alike', '*example.com', 'https://evilexample.com', true],
    ['a dot is a dot', 'https://a.example', 'https://aXexample', false],
    ['a plus and brackets are themselves', 'https://a+[b].(c)', 'https://a+[b].(c)', true],
    ['a value may hold a * of its own', 'a*c', 'a*c', true],
    ['letters keep their case', 'https://a.example', 'https://A.example', false],
    ['letters keep their case beside a *', 'https://*.example', 'https://a.Example', false],
    ['no trailing-slash mercy', 'https://a.example', 'https://a.example/', false],
    ['no trailing-slash mercy the other way', 'https://a.example/', 'https://a.example', false],
    ['no default-port folding', 'https://a.example', 'https://a.example:443', false],
    ['no default-port folding the other way', 'http://a.example:80', 'http://a.example', false],
    ['another scheme is another origin', 'https://a.example', 'http://a.example', false],
    ['a value without a scheme is compared as it is', 'www.aliyun.com', 'www.aliyun.com', true],
    [
      'a value without a scheme does not stand for one with',
      'www.aliyun.com',
      'http://www.aliyun.com',
      false,
    ],
  ])('%s', (_, entry, value, expected) => {
    expect(matches([entry], value)).toBe(expected);
  });

  test('no entry takes nothing', () => {
    expect(matches([], '')).toBe(false);
  });

  test('an empty value fits only where nothing is asked of it', () => {
    expect(matches(['a', 'a*', '*a'], '')).toBe(false);
  });
});

describe('laws', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 6 });
  const entry = fc.oneof(
    letters,
    fc.tuple(letters, letters).map(([before, after]) => `${before}*${after}`),
  );

  test('one * takes exactly what some run of characters in its place would make', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 2 });
    const starred = fc.tuple(short, short).map(([before, after]) => `${before}*${after}`);
    fc.assert(
      fc.property(starred, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 }), (source, value) => {
        expect(matches([source], value)).toBe(fits(source, value));
      }),
      { numRuns: 3000 },
    );
  });

  test('a value made from an entry by filling in its * always fits', () => {
    fc.assert(
      fc.property(entry, fc.string({ maxLength: 8 }), (source, filling) => {
        expect(matches([source], source.split('*').join(filling))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('a list fits when one of its entries does', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), letters, (entries, value) => {
        expect(matches(entries, value)).toBe(entries.some((source) => fits(source, value)));
      }),
      { numRuns: 2000 },
    );
  });
});
