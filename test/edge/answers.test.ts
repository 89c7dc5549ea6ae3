import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer } from '../../src/cors/answer.ts';
import { DIALECT_NAMES } from '../../src/cors/behaviour.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { decide, type Facts } from '../../src/cors/decide.ts';
import { answerTo } from '../../src/edge/answers.ts';
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

test('a flood of questions as long as are held takes little memory (found in review)', () => {
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
        answerTo(rules, facts(asked));
      }
    }
    setFlagsFromString('--expose-gc');
    runInNewContext('gc')();
    return process.memoryUsage().heapUsed;
  };
  const before = flood(1, 1);
  // 249 MB when only origins were counted.
  expect((flood(2_048, 64) - before) / 1e6).toBeLessThan(40);
});

describe('an answer', () => {
  test('is held from its origin’s second time on', () => {
    const rules = rulesFor('https://a');
    const twice = facts({ origin: 'https://comes-twice' });
    const first = answerTo(rules, twice);
    const second = answerTo(rules, twice);
    expect(second).not.toBe(first);
    expect(second).toEqual(first);
    expect(answerTo(rules, twice)).toBe(second);
  });

  test('is never another rule set’s, though it asks the same', () => {
    const [a, b] = [rulesFor('https://a'), rulesFor('https://b')];
    expect(answerTo(a, facts()).decision.reason).toBe('matched');
    expect(answerTo(b, facts()).decision.reason).toBe('origin_not_allowed');
    expect(answerTo(a, facts()).decision.reason).toBe('matched');
  });

  test('to a question that is too long to be held is right, and made anew', () => {
    const rules = rulesFor('*');
    const long = facts({ method: 'OPTIONS', requestMethod: 'GET', requestHeaders: 'x'.repeat(2000) });
    expect(answerTo(rules, long)).toEqual(answerTo(rules, long));
    expect(answerTo(rules, long)).not.toBe(answerTo(rules, long));
  });

  const held = (rules: ReturnType<typeof rulesFor>) => {
    answerTo(rules, facts());
    return answerTo(rules, facts());
  };

  test('outlasts a flood of origins that each come once', () => {
    const rules = rulesFor('https://*');
    const before = held(rules);
    for (let at = 0; at < 20_000; at += 1) answerTo(rules, facts({ origin: `https://once-${at}` }));
    expect(answerTo(rules, facts())).toBe(before);
  });

  test('is right again after a flood of others has driven it out', () => {
    const rules = rulesFor('https://*');
    const before = held(rules);
    for (let at = 0; at < 40_000; at += 1)
      answerTo(rules, facts({ origin: `https://again-${Math.floor(at / 2)}` }));
    const after = answerTo(rules, facts());
    expect(after).not.toBe(before);
    expect(after).toEqual(before);
  });
});

test('law: a stored answer is what would be decided, whatever was asked before', () => {
  const part = fc.constantFrom(null, '', 'a', 'b', 'a\tb', 'https://a', 'GET', 'PUT');
  const question = fc.record({
    method: fc.constantFrom('GET', 'PUT', 'OPTIONS', 'get'),
    // Few, so that most come again.
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
          expect(answerTo(rules, about)).toMatchObject({ decision, ...answer(rules, decision) });
        }
      },
    ),
  );
});
