import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer } from '../../src/cors/answer.ts';
import { DIALECT_NAMES } from '../../src/cors/behaviour.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { decide, type Facts } from '../../src/cors/decide.ts';
import { cachedAnswer } from '../../src/edge/answers.ts';
import { behaviour, rule } from '../helpers/rules.ts';

const facts = (about: Partial<Facts> = {}): Facts => ({
  method: 'GET',
  origin: 'https://a',
  requestMethod: null,
  requestHeaders: null,
  ...about,
});
const rulesFor = (origin: string) =>
  compileRules({ rules: [rule({ allowedOrigins: [origin] })], responseVary: false }, behaviour('oss'));

test('a flood of long preflights from repeated origins takes little memory', () => {
  const rules = rulesFor('*');
  const flood = (origins: number, questions: number) => {
    for (let origin = 0; origin < origins; origin += 1) {
      for (let at = 0; at < questions; at += 1) {
        const requestHeaders = `x-${origin}-${at}-${'h,'.repeat(100)}`;
        const asked = {
          method: 'OPTIONS',
          origin: `https://${origin}`,
          requestMethod: 'GET',
          requestHeaders,
        };
        cachedAnswer(rules, facts(asked));
      }
    }
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    return process.memoryUsage().heapUsed;
  };
  const before = flood(1, 1);
  // A limit on origins alone, without one on answers, let this flood take 249 MB.
  expect((flood(2_048, 64) - before) / 1e6).toBeLessThan(40);
});

describe('a cached answer', () => {
  test('is stored from the second request of its origin on', () => {
    const rules = rulesFor('https://a');
    const twice = facts({ origin: 'https://comes-twice' });
    const first = cachedAnswer(rules, twice);
    const second = cachedAnswer(rules, twice);
    expect(second).not.toBe(first);
    expect(second).toEqual(first);
    expect(cachedAnswer(rules, twice)).toBe(second);
  });

  test('is not returned for another rule set', () => {
    const [a, b] = [rulesFor('https://a'), rulesFor('https://b')];
    expect(cachedAnswer(a, facts()).decision.reason).toBe('matched');
    expect(cachedAnswer(b, facts()).decision.reason).toBe('origin_not_allowed');
    expect(cachedAnswer(a, facts()).decision.reason).toBe('matched');
  });

  test('is not stored for values that are too long, and the answer is still correct', () => {
    const rules = rulesFor('*');
    const long = facts({ method: 'OPTIONS', requestMethod: 'GET', requestHeaders: 'x'.repeat(2000) });
    expect(cachedAnswer(rules, long)).toEqual(cachedAnswer(rules, long));
    expect(cachedAnswer(rules, long)).not.toBe(cachedAnswer(rules, long));
  });

  const stored = (rules: ReturnType<typeof rulesFor>) => {
    cachedAnswer(rules, facts());
    return cachedAnswer(rules, facts());
  };

  test('stays stored during a flood of origins that send one request each', () => {
    const rules = rulesFor('https://*');
    const before = stored(rules);
    for (let at = 0; at < 20_000; at += 1) cachedAnswer(rules, facts({ origin: `https://once-${at}` }));
    expect(cachedAnswer(rules, facts())).toBe(before);
  });

  test('is decided again, with the same result, after other origins have evicted it', () => {
    const rules = rulesFor('https://*');
    const before = stored(rules);
    for (let at = 0; at < 40_000; at += 1)
      cachedAnswer(rules, facts({ origin: `https://again-${Math.floor(at / 2)}` }));
    const after = cachedAnswer(rules, facts());
    expect(after).not.toBe(before);
    expect(after).toEqual(before);
  });
});

test('law: a cached answer equals the answer of `decide`, for every sequence of requests', () => {
  const part = fc.constantFrom(null, '', 'a', 'b', 'a\tb', 'https://a', 'GET', 'PUT');
  const question = fc.record({
    method: fc.constantFrom('GET', 'PUT', 'OPTIONS', 'get'),
    // Few origins, so that most repeat.
    origin: fc.constantFrom(null, 'a', 'https://a'),
    requestMethod: part,
    requestHeaders: part,
  });
  const sets = ['*', 'https://a', 'a', 'https://*'].flatMap((allowedOrigin) =>
    DIALECT_NAMES.flatMap((dialect) =>
      (['safe', 'store'] as const).map((vary) => {
        const only = {
          allowedOrigins: [allowedOrigin],
          allowedMethods: ['GET'],
          allowedHeaders: ['a'],
        } as const;
        return compileRules({ rules: [rule(only)], responseVary: false }, behaviour(dialect, vary));
      }),
    ),
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...sets), { minLength: 1, maxLength: 2 }),
      fc.array(fc.tuple(fc.nat(1), question), { minLength: 10, maxLength: 40 }),
      (used, asked) => {
        for (const [at, about] of asked) {
          const rules = used[at % used.length];
          if (rules === undefined) continue;
          const decision = decide(rules, about);
          expect(cachedAnswer(rules, about)).toEqual(answer(rules, decision));
        }
      },
    ),
  );
});
