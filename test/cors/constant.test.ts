import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer, answerTo } from '../../src/cors/answer.ts';
import { DIALECT_NAMES } from '../../src/cors/behaviour.ts';
import { type Constant, missingBucket, unavailableRules } from '../../src/cors/compile.ts';
import { decide, type Facts } from '../../src/cors/decide.ts';
import { METHODS, type Rule } from '../../src/cors/rule.ts';
import { varyHeader } from '../../src/cors/vary.ts';
import { wordsOver } from '../analysis/_brute.ts';
import { ask, behaviour, compiled, preflight, record, rule } from '../helpers/rules.ts';
import { behaviours } from './_arbitrary.ts';

const A = 'https://a.example';
const named = (constant: Constant | undefined) =>
  constant === 'depends' || constant == null ? constant : constant.number;

describe('the answer that is the same for every origin (semantics.md §4)', () => {
  const forA = rule({ allowedOrigins: [A] });
  const put = rule({ allowedMethods: ['PUT'] });

  test.each([
    ['comes from the first rule that lists the method, if it lists `*`', [rule()], 1],
    ['exists if `*` stands among other entries', [rule({ allowedOrigins: [A, '*'] })], 1],
    ['ignores rules of other methods', [put, rule({ allowedOrigins: ['*'] })], 2],
    ['ignores a rule for one origin after the rule for `*`', [rule(), forA], 1],
    ['does not exist if a rule for one origin comes before the rule for `*`', [forA, rule()], 'depends'],
    ['does not exist if rules list single origins only', [forA], 'depends'],
    ['does not exist for a wide pattern, which is not `*`', [rule({ allowedOrigins: ['http*'] })], 'depends'],
    ['does not depend on AllowedHeader', [rule({ allowedHeaders: ['x-a'] })], 1],
    ['has no headers if no rule lists the method', [put], null],
    ['has no headers without rules', [], null],
    [
      'has no headers if every rule lists lists of origins only',
      [rule({ allowedOrigins: [`${A},${A}`] })],
      null,
    ],
    ['ignores a rule for a list of origins', [rule({ allowedOrigins: ['https://*,https://b'] }), rule()], 2],
    ['does not ignore a list beside an origin', [rule({ allowedOrigins: ['a,b', A] }), rule()], 'depends'],
    ['exists if `*` stands beside a list', [rule({ allowedOrigins: ['a,b', '*'] }), rule()], 1],
  ] as const)('%s', (_, rules, expected) => {
    expect(named(compiled(rules).constants.get('GET'))).toBe(expected);
  });

  test('is found for each method separately', () => {
    const { constants } = compiled([
      rule({ allowedMethods: ['GET'] }),
      rule({ allowedOrigins: [A], allowedMethods: ['HEAD'] }),
    ]);
    expect(METHODS.map((method) => named(constants.get(method)))).toEqual([1, null, null, null, 'depends']);
  });
});

describe('law: an answer is called the same for every origin', () => {
  const entry = fc.oneof(
    fc.constantFrom('a', 'ab', 'null', 'a*', '*b', 'a*b'),
    fc.constantFrom('a,b', ',*', '*,', 'a *', 'a\tb', 'a*,b'),
    fc.constant('*'),
  );
  const ruleSet = fc.array(
    fc
      .record({
        allowedOrigins: fc.array(entry, { minLength: 1, maxLength: 3 }),
        allowedMethods: fc.subarray(['GET', 'PUT'] as const, { minLength: 1 }),
        exposeHeaders: fc.subarray(['ETag']),
      })
      .map(rule),
    { maxLength: 4 },
  );
  const words = [...wordsOver('abcd', 4), 'null'];

  test('exactly if every origin gets the same headers, which a request without one origin then gets too', () => {
    fc.assert(
      fc.property(ruleSet, behaviours, fc.constantFrom('GET', 'PUT', 'DELETE'), (rules, chosen, method) => {
        const known = compiled(rules, { ...chosen, vary: 'safe' });
        const headersFor = (origin: string | null) => answerTo(known, ask({ method, origin })).headers.join();
        const answers = new Set(words.map(headersFor));
        expect(known.constants.get(method) !== 'depends').toBe(answers.size === 1);
        const others = new Set([null, '', 'a,b', 'a b'].map(headersFor));
        if (answers.size === 1) expect(others).toEqual(answers);
        else expect(others).toEqual(new Set(['']));
      }),
      { numRuns: 500 },
    );
  });
});

describe.each(DIALECT_NAMES)(
  '%s: headers that are the same for every origin (semantics.md §4)',
  (dialect) => {
    const everyone = rule({ exposeHeaders: ['ETag'], maxAgeSeconds: 60, allowedMethods: ['GET', 'HEAD'] });
    const send = (rules: readonly Rule[], facts: Facts, responseVary = false) => {
      const known = compiled(rules, behaviour(dialect), responseVary);
      const { headers, vary } = answer(known, decide(known, facts));
      return record([...headers, ...varyHeader([], vary)]);
    };
    const constant = {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'GET, HEAD',
      'Access-Control-Expose-Headers': 'ETag',
      'Access-Control-Max-Age': '60',
    };

    test.each([
      ['with an origin', A],
      ['with the origin `null`', 'null'],
      ['with an empty Origin', ''],
      ['without Origin', null],
    ])('a rule that lists `*` is applied to a request %s', (_, origin) => {
      for (const method of ['GET', 'HEAD'])
        expect(send([everyone], ask({ method, origin }))).toEqual(constant);
    });

    test.each([
      ['that no rule lists', 'DELETE'],
      ['outside the five', 'PATCH'],
      ['in lower case', 'get'],
    ])('no headers are sent, with or without Origin, for a method %s', (_, method) => {
      for (const origin of [A, null]) expect(send([everyone], ask({ method, origin }))).toEqual({});
    });

    test('a request without Origin gets no headers of a rule that depends on the origin', () => {
      expect(send([rule({ allowedOrigins: [A] }), everyone], ask())).toEqual({ Vary: 'Origin' });
    });

    test('with ResponseVary every origin still gets the same headers, and Vary: Origin', () => {
      for (const origin of [A, null])
        expect(send([everyone], ask({ origin }), true)).toEqual({ ...constant, Vary: 'Origin' });
    });

    test('a request without Origin has the reason not_cors, and OPTIONS without Origin is still refused', () => {
      const rules = compiled([everyone], behaviour(dialect));
      expect(decide(rules, ask())).toMatchObject({ kind: 'actual', reason: 'not_cors', rule: { number: 1 } });
      expect(decide(rules, preflight(null, 'GET'))).toMatchObject({ reason: 'origin_missing', rule: null });
    });
  },
);

describe.each(DIALECT_NAMES)(
  '%s: rules that could not be loaded (docs/architecture.md, promise 2)',
  (dialect) => {
    describe.each(['safe', 'store'] as const)('%s mode', (vary) => {
      const rules = unavailableRules(behaviour(dialect, vary, true));
      const send = (facts: Facts) => {
        const { decision, ...sent } = answerTo(rules, facts);
        return { reason: decision.reason, ...sent };
      };

      test.each([
        ['GET with an origin', ask({ origin: A })],
        ['GET without Origin, although every origin may get the same headers,', ask()],
        ['GET with an empty Origin', ask({ origin: '' })],
        ['PUT', ask({ method: 'PUT', origin: A })],
        ['a method outside the five', ask({ method: 'PATCH', origin: A })],
      ])('%s gets no headers, Vary: Origin, and no-store', (_, facts) => {
        expect(send(facts)).toEqual({
          reason: 'rules_unavailable',
          headers: [],
          vary: ['Origin'],
          noStore: true,
        });
      });

      test('a preflight gets no headers, the three names in Vary, and no-store', () => {
        expect(send(preflight(A, 'GET', 'x-a'))).toEqual({
          reason: 'rules_unavailable',
          headers: [],
          vary: ['Origin', 'Access-Control-Request-Headers', 'Access-Control-Request-Method'],
          noStore: true,
        });
      });
    });

    test('the answers of loaded rules and of a missing bucket may be cached', () => {
      for (const rules of [compiled([rule()], behaviour(dialect)), missingBucket(behaviour(dialect))])
        expect(answer(rules, decide(rules, ask({ origin: A }))).noStore).toBe(false);
    });
  },
);
