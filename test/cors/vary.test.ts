import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer } from '../../src/cors/answer.ts';
import { DIALECT_NAMES } from '../../src/cors/behaviour.ts';
import { type CompiledRules, missingBucket } from '../../src/cors/compile.ts';
import { decide, type Facts } from '../../src/cors/decide.ts';
import { mergeVary, varyHeader, withoutVary } from '../../src/cors/vary.ts';
import { ask, behaviour, compiled, preflight, record, rule } from '../helpers/rules.ts';

const A = 'https://a.example';
const B = 'https://b.example';
const THREE = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';
const varyFor = (rules: CompiledRules, facts: Facts) =>
  record(varyHeader([], answer(rules, decide(rules, facts)).vary)).Vary;

describe('what stores send: `store` mode (semantics.md §4, the table)', () => {
  const columns = [
    ['without Origin', ask()],
    ['Origin, no match', ask({ origin: B })],
    ['match', ask({ origin: A })],
    ['preflight ok', preflight(A, 'GET')],
    ['preflight refused', preflight(B, 'GET')],
  ] as const;
  const lines = [
    ['OSS, ResponseVary true', 'oss', true, ['Origin', 'Origin', 'Origin', 'Origin', 'Origin']],
    ['OSS, ResponseVary false', 'oss', false, [undefined, undefined, undefined, undefined, undefined]],
    ['S3', 's3', false, [undefined, undefined, THREE, THREE, undefined]],
  ] as const;
  const cells = lines.flatMap(([line, dialect, responseVary, values]) =>
    columns.map(([column, facts], at) => [line, column, dialect, responseVary, facts, values[at]] as const),
  );

  test.each(cells)('%s: %s', (_line, _column, dialect, responseVary, facts, expected) => {
    for (const allowedOrigins of [[A], ['https://a*']]) {
      const rules = compiled([rule({ allowedOrigins })], behaviour(dialect, 'store'), responseVary);
      expect(varyFor(rules, facts)).toBe(expected);
    }
  });

  test.each(DIALECT_NAMES)(
    '%s: a request without Origin gets no headers, though everybody would get the same',
    (dialect) => {
      const rules = compiled([rule()], behaviour(dialect, 'store'));
      expect(answer(rules, decide(rules, ask())).headers).toEqual([]);
    },
  );
});

describe.each(DIALECT_NAMES)('%s: `safe` mode (semantics.md §4, the safe rule)', (dialect) => {
  const some = compiled([rule({ allowedOrigins: [A] })], behaviour(dialect));

  test.each([
    ['matched', ask({ origin: A }), 'Origin'],
    ['refused for its origin', ask({ origin: B }), 'Origin'],
    ['without Origin', ask(), 'Origin'],
    ['with an empty Origin', ask({ origin: '' }), 'Origin'],
    ['with a method that no rule lists', ask({ origin: A, method: 'PUT' }), undefined],
    ['a preflight that passes', preflight(A, 'GET'), THREE],
    ['a preflight that is refused', preflight(B, 'GET'), THREE],
    ['OPTIONS without Origin', preflight(null, 'GET'), THREE],
    ['OPTIONS without the method', preflight(A, null), THREE],
  ])('an answer that depends on the origin: %s', (_, facts, expected) => {
    expect(varyFor(some, facts)).toBe(expected);
  });

  test.each([
    ['without rules', compiled([], behaviour(dialect))],
    ['without a bucket', missingBucket(behaviour(dialect))],
    ['where everybody gets `*`', compiled([rule()], behaviour(dialect))],
  ])('an answer that is the same for all needs no Vary, a preflight the three names: %s', (_, rules) => {
    for (const origin of [A, 'null', '', null]) expect(varyFor(rules, ask({ origin }))).toBeUndefined();
    expect(varyFor(rules, preflight(A, 'GET'))).toBe(THREE);
  });

  test.each([
    ['where everybody gets `*`', [rule()], ask()],
    ['where no rule lists the method', [rule()], ask({ method: 'PUT' })],
    ['where it depends', [rule({ allowedOrigins: [A] })], ask({ origin: B })],
  ])('ResponseVary asks for Vary: Origin all the same: %s', (_, rules, facts) => {
    expect(varyFor(compiled(rules, behaviour(dialect), true), facts)).toBe('Origin');
    expect(varyFor(compiled(rules, behaviour(dialect), true), preflight(A, 'GET'))).toBe(THREE);
  });
});

describe("merging into the bucket's own Vary (semantics.md §4)", () => {
  test.each([
    ['nothing and nothing is nothing', [], [], null],
    ['a name is added', [], ['Origin'], 'Origin'],
    ['its own names stay', ['Accept-Encoding'], [], 'Accept-Encoding'],
    ['its own names come first', ['Accept-Encoding'], ['Origin'], 'Accept-Encoding, Origin'],
    ['a name it has already is not added', ['origin'], ['Origin'], 'origin'],
    [
      'several lines become one',
      ['Accept', 'Accept-Encoding'],
      ['Origin'],
      'Accept, Accept-Encoding, Origin',
    ],
    ['a name on two lines stands once', ['Accept', 'accept, Cookie'], [], 'Accept, Cookie'],
    ['the first spelling of a name stays', ['Accept', 'ACCEPT'], [], 'Accept'],
    ['`*` stays as it is', ['*'], ['Origin'], '*'],
    ['`*` swallows the names before and after it', ['Accept, *, Cookie'], ['Origin'], '*'],
    ['empty items are dropped', [' , Accept,,', ''], [], 'Accept'],
    ['an empty line is no Vary', [''], [], null],
  ])('%s', (_, own, added, expected) => {
    expect(mergeVary(own, added)).toBe(expected);
    expect(varyHeader(own, added)).toEqual(expected === null ? [] : ['Vary', expected]);
  });

  test.each([
    ['the name goes, whatever its case', ['accept, ORIGIN'], ['accept']],
    ['the name goes from every line', ['Origin', 'Accept, Origin'], ['Accept']],
    ['a name that only contains it stays', ['X-Origin'], ['X-Origin']],
    ['`*` stays', ['*'], ['*']],
    ['nothing may be left', ['Origin'], []],
  ])('taking Origin out of it: %s', (_, own, expected) => {
    expect(withoutVary(own, 'Origin')).toEqual(expected);
  });

  const name = fc.constantFrom('Origin', 'origin', 'Accept-Encoding', 'ACCEPT-encoding', 'Cookie', 'X-A');
  const line = fc
    .array(fc.oneof(name, fc.constantFrom('', ' ')), { maxLength: 4 })
    .map((items) => items.join(' ,'));
  const added = fc.uniqueArray(fc.constantFrom('Origin', 'Accept-Encoding', 'X-B'));
  const items = (value: string | null) => (value === null ? [] : value.toLowerCase().split(', '));

  test('loses nothing, adds nothing of its own, repeats nothing, and is done after once', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 3 }), added, (own, names) => {
        const merged = mergeVary(own, names);
        const given = [...own.flatMap((value) => value.split(',')), ...names].map((item) =>
          item.trim().toLowerCase(),
        );
        expect(new Set(items(merged))).toEqual(new Set(given.filter((item) => item !== '')));
        expect(items(merged)).toHaveLength(new Set(items(merged)).size);
        expect(mergeVary(merged === null ? [] : [merged], names)).toBe(merged);
      }),
      { numRuns: 1500 },
    );
  });

  test('`*` anywhere in it is all that is left', () => {
    fc.assert(
      fc.property(fc.array(line), fc.array(line), line, line, added, (before, after, left, right, names) => {
        expect(mergeVary([...before, `${left},*,${right}`, ...after], names)).toBe('*');
      }),
      { numRuns: 500 },
    );
  });
});
