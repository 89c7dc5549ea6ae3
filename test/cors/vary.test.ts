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

describe('Vary in `store` mode, as stores send it (semantics.md §4, the table)', () => {
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
    '%s: a request without Origin gets no headers, even if every origin gets the same',
    (dialect) => {
      const rules = compiled([rule()], behaviour(dialect, 'store'));
      expect(answer(rules, decide(rules, ask())).headers).toEqual([]);
    },
  );
});

describe.each(DIALECT_NAMES)('%s: Vary in `safe` mode (semantics.md §4, the safe rule)', (dialect) => {
  const some = compiled([rule({ allowedOrigins: [A] })], behaviour(dialect));

  test.each([
    ['of an allowed origin', ask({ origin: A }), 'Origin'],
    ['of an origin that is not allowed', ask({ origin: B }), 'Origin'],
    ['without Origin', ask(), 'Origin'],
    ['with an empty Origin', ask({ origin: '' }), 'Origin'],
    ['with a method that no rule lists', ask({ origin: A, method: 'PUT' }), undefined],
    ['that is an allowed preflight', preflight(A, 'GET'), THREE],
    ['that is a refused preflight', preflight(B, 'GET'), THREE],
    ['that is OPTIONS without Origin', preflight(null, 'GET'), THREE],
    ['that is OPTIONS without the requested method', preflight(A, null), THREE],
  ])(
    'with a rule for one origin, the answer to a request %s has the Vary of the safe rule',
    (_, facts, expected) => {
      expect(varyFor(some, facts)).toBe(expected);
    },
  );

  test.each([
    ['without rules', compiled([], behaviour(dialect))],
    ['without a bucket', missingBucket(behaviour(dialect))],
    ['if every origin gets `*`', compiled([rule()], behaviour(dialect))],
  ])(
    'an actual answer that is the same for every origin has no Vary, a preflight has the three names: %s',
    (_, rules) => {
      for (const origin of [A, 'null', '', null]) expect(varyFor(rules, ask({ origin }))).toBeUndefined();
      expect(varyFor(rules, preflight(A, 'GET'))).toBe(THREE);
    },
  );

  test.each([
    ['if every origin gets `*`', [rule()], ask()],
    ['if no rule lists the method', [rule()], ask({ method: 'PUT' })],
    ['if the headers depend on the origin', [rule({ allowedOrigins: [A] })], ask({ origin: B })],
  ])('ResponseVary adds Vary: Origin to every actual answer: %s', (_, rules, facts) => {
    expect(varyFor(compiled(rules, behaviour(dialect), true), facts)).toBe('Origin');
    expect(varyFor(compiled(rules, behaviour(dialect), true), preflight(A, 'GET'))).toBe(THREE);
  });
});

describe("merging into the bucket's own Vary (semantics.md §4)", () => {
  test.each([
    ['no names give no Vary', [], [], null],
    ['a name is added', [], ['Origin'], 'Origin'],
    ["the bucket's names stay", ['Accept-Encoding'], [], 'Accept-Encoding'],
    ["the bucket's names come first", ['Accept-Encoding'], ['Origin'], 'Accept-Encoding, Origin'],
    ['a name that the bucket sent is not added', ['origin'], ['Origin'], 'origin'],
    [
      'several lines become one',
      ['Accept', 'Accept-Encoding'],
      ['Origin'],
      'Accept, Accept-Encoding, Origin',
    ],
    ['a name on two lines is written once', ['Accept', 'accept, Cookie'], [], 'Accept, Cookie'],
    ['the first spelling of a name stays', ['Accept', 'ACCEPT'], [], 'Accept'],
    ['`*` stays as it is', ['*'], ['Origin'], '*'],
    ['`*` replaces the names before and after it', ['Accept, *, Cookie'], ['Origin'], '*'],
    ['empty items are dropped', [' , Accept,,', ''], [], 'Accept'],
    ['an empty line gives no Vary', [''], [], null],
  ])('%s', (_, own, added, expected) => {
    expect(mergeVary(own, added)).toBe(expected);
    expect(varyHeader(own, added)).toEqual(expected === null ? [] : ['Vary', expected]);
  });

  test.each([
    ['the name is removed in any case', ['accept, ORIGIN'], ['accept']],
    ['the name is removed from every line', ['Origin', 'Accept, Origin'], ['Accept']],
    ['a name that only contains it stays', ['X-Origin'], ['X-Origin']],
    ['`*` stays', ['*'], ['*']],
    ['the only name is removed', ['Origin'], []],
  ])('withoutVary removes Origin: %s', (_, own, expected) => {
    expect(withoutVary(own, 'Origin')).toEqual(expected);
  });

  const name = fc.constantFrom('Origin', 'origin', 'Accept-Encoding', 'ACCEPT-encoding', 'Cookie', 'X-A');
  const line = fc
    .array(fc.oneof(name, fc.constantFrom('', ' ')), { maxLength: 4 })
    .map((items) => items.join(' ,'));
  const added = fc.uniqueArray(fc.constantFrom('Origin', 'Accept-Encoding', 'X-B'));
  const items = (value: string | null) => (value === null ? [] : value.toLowerCase().split(', '));

  test('contains all names and no others, without duplicates, and is idempotent', () => {
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

  test('is `*` if any line contains `*`', () => {
    fc.assert(
      fc.property(fc.array(line), fc.array(line), line, line, added, (before, after, left, right, names) => {
        expect(mergeVary([...before, `${left},*,${right}`, ...after], names)).toBe('*');
      }),
      { numRuns: 500 },
    );
  });
});
