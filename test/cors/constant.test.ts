import { describe, expect, test } from 'vitest';
import { answer, answerTo } from '../../src/cors/answer.ts';
import { DIALECT_NAMES } from '../../src/cors/behaviour.ts';
import { type Constant, missingBucket, unavailableRules } from '../../src/cors/compile.ts';
import { decide, type Facts } from '../../src/cors/decide.ts';
import { METHODS, type Rule } from '../../src/cors/rule.ts';
import { varyHeader } from '../../src/cors/vary.ts';
import { ask, behaviour, compiled, preflight, record, rule } from '../helpers/rules.ts';

const A = 'https://a.example';
const named = (constant: Constant | undefined) =>
  constant === 'depends' || constant == null ? constant : constant.number;

describe('when is the answer the same for every origin? (semantics.md §4)', () => {
  const forA = rule({ allowedOrigins: [A] });
  const put = rule({ allowedMethods: ['PUT'] });

  test.each([
    ['the first rule that lists the method lists `*`', [rule()], 1],
    ['`*` among other entries is `*`', [rule({ allowedOrigins: [A, '*'] })], 1],
    ['rules of other methods do not stand in the way', [put, rule({ allowedOrigins: ['*'] })], 2],
    ['a named origin after the `*` changes nothing', [rule(), forA], 1],
    ['a named origin before the `*` makes it depend', [forA, rule()], 'depends'],
    ['only named origins make it depend', [forA], 'depends'],
    ['a wide pattern is not `*`', [rule({ allowedOrigins: ['http*'] })], 'depends'],
    ['AllowedHeader plays no part in it', [rule({ allowedHeaders: ['x-a'] })], 1],
    ['no rule lists the method: nobody gets headers', [put], null],
    ['no rule at all: nobody gets headers', [], null],
  ] as const)('%s', (_, rules, expected) => {
    expect(named(compiled(rules).constants.get('GET'))).toBe(expected);
  });

  test('each method is looked at alone', () => {
    const { constants } = compiled([
      rule({ allowedMethods: ['GET'] }),
      rule({ allowedOrigins: [A], allowedMethods: ['HEAD'] }),
    ]);
    expect(METHODS.map((method) => named(constants.get(method)))).toEqual([1, null, null, null, 'depends']);
  });
});

describe.each(DIALECT_NAMES)(
  '%s: the same for every origin, on every answer (semantics.md §4)',
  (dialect) => {
    const everyone = rule({ exposeHeaders: ['ETag'], maxAgeSeconds: 60, allowedMethods: ['GET', 'HEAD'] });
    const send = (rules: readonly Rule[], facts: Facts, responseVary = false) => {
      const known = compiled(rules, behaviour(dialect), responseVary);
      const { headers, vary } = answer(known, decide(known, facts));
      return record([...headers, ...varyHeader([], vary)]);
    };
    const everybodys = {
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
    ])('a rule that lists `*` is sent %s', (_, origin) => {
      for (const method of ['GET', 'HEAD'])
        expect(send([everyone], ask({ method, origin }))).toEqual(everybodys);
    });

    test.each([
      ['that no rule lists', 'DELETE'],
      ['outside the five', 'PATCH'],
      ['in lower case', 'get'],
    ])('nothing is sent, with or without Origin, for a method %s', (_, method) => {
      for (const origin of [A, null]) expect(send([everyone], ask({ method, origin }))).toEqual({});
    });

    test('a request without Origin gets none of a rule that depends on it', () => {
      expect(send([rule({ allowedOrigins: [A] }), everyone], ask())).toEqual({ Vary: 'Origin' });
    });

    test('with ResponseVary everybody still gets the same, and Vary: Origin', () => {
      for (const origin of [A, null])
        expect(send([everyone], ask({ origin }), true)).toEqual({ ...everybodys, Vary: 'Origin' });
    });

    test('the reason stays not_cors where there is no Origin, and OPTIONS is not covered', () => {
      const rules = compiled([everyone], behaviour(dialect));
      expect(decide(rules, ask())).toMatchObject({ kind: 'actual', reason: 'not_cors', rule: { number: 1 } });
      expect(decide(rules, preflight(null, 'GET'))).toMatchObject({ reason: 'origin_missing', rule: null });
    });
  },
);

describe.each(DIALECT_NAMES)(
  '%s: rules that nobody could fetch (docs/architecture.md, promise 2)',
  (dialect) => {
    describe.each(['safe', 'store'] as const)('%s mode', (vary) => {
      const rules = unavailableRules(behaviour(dialect, vary, true));
      const send = (facts: Facts) => {
        const { decision, ...sent } = answerTo(rules, facts);
        return { reason: decision.reason, ...sent };
      };

      test.each([
        ['GET with an origin', ask({ origin: A })],
        ['GET without Origin: nothing is proven the same for all', ask()],
        ['GET with an empty Origin', ask({ origin: '' })],
        ['PUT', ask({ method: 'PUT', origin: A })],
        ['a method outside the five', ask({ method: 'PATCH', origin: A })],
      ])('%s gets no headers, Vary: Origin, and is kept by nobody', (_, facts) => {
        expect(send(facts)).toEqual({
          reason: 'rules_unavailable',
          headers: [],
          vary: ['Origin'],
          noStore: true,
        });
      });

      test('a preflight gets no headers, the three names, and is kept by nobody', () => {
        expect(send(preflight(A, 'GET', 'x-a'))).toEqual({
          reason: 'rules_unavailable',
          headers: [],
          vary: ['Origin', 'Access-Control-Request-Headers', 'Access-Control-Request-Method'],
          noStore: true,
        });
      });
    });

    test('known rules, and a bucket known to be missing, may be kept', () => {
      for (const rules of [compiled([rule()], behaviour(dialect)), missingBucket(behaviour(dialect))])
        expect(answer(rules, decide(rules, ask({ origin: A }))).noStore).toBe(false);
    });
  },
);
