import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffRules, isWider, neverAllowsMore } from '../../src/analysis/diff.ts';
import { actualRequest, preflightRequest } from '../../src/analysis/table.ts';
import { compileRules } from '../../src/cors/compile.ts';
import {
  gainsOf,
  headerSets,
  judge,
  ORIGIN_WORDS,
  pairsOfRules,
  SEEN_METHODS,
  shortRequests,
} from './_brute.ts';

describe('a wider difference', () => {
  test('is missing only if no page with a short origin may do or read more', () => {
    fc.assert(
      fc.property(pairsOfRules, headerSets, ([before, after], sets) => {
        if (diffRules(before, after).differences.some(isWider)) return;
        for (const request of shortRequests(sets)) expect(gainsOf(before, after, request)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('lets a page of its origin do or read more', () => {
    fc.assert(
      fc.property(pairsOfRules, ([before, after]) => {
        for (const difference of diffRules(before, after).differences)
          expect(gainsOf(before, after, difference.request).length > 0).toBe(isWider(difference));
      }),
      { numRuns: 300 },
    );
  });
});

describe('inclusion of one rule set in another', () => {
  test('means that no short request is newly allowed, and no header newly exposed', () => {
    fc.assert(
      fc.property(pairsOfRules, headerSets, ([before, after], sets) => {
        if (neverAllowsMore(before, after) !== true) return;
        for (const origin of ORIGIN_WORDS.filter((word) => word.length < 4))
          for (const method of SEEN_METHODS)
            for (const request of [
              actualRequest(origin, method),
              ...sets.map((set) => preflightRequest(origin, method, set)),
            ]) {
              const [was, is] = [judge(before, request), judge(after, request)];
              if (is.rule !== null) expect(was.rule).not.toBeNull();
              const exposed = request.method === 'OPTIONS' ? [] : ['x-oss-request-id'];
              for (const grant of ['Access-Control-Allow-Credentials', ...exposed])
                if (is.headers.includes(grant)) expect(was.headers).toContain(grant);
            }
      }),
      { numRuns: 60 },
    );
  });

  const behaviour = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false } as const;
  const listing = (...allowedOrigins: string[]) =>
    compileRules(
      {
        rules: [{ allowedOrigins, allowedMethods: ['GET'], allowedHeaders: [], exposeHeaders: [] }],
        responseVary: false,
      },
      behaviour,
    );

  test.each([
    ['a named origin in place of *', ['*'], ['https://a.example'], true],
    ['one origin less', ['https://a.example', 'https://b.example'], ['https://a.example'], true],
    ['one origin more', ['https://a.example'], ['https://a.example', 'https://b.example'], false],
  ])('%s', (_, before, after, expected) => {
    expect(neverAllowsMore(listing(...before), listing(...after))).toBe(expected);
  });

  test('is not broken by headers that answers to preflights expose', () => {
    const exposing = (exposeHeaders: readonly string[]) => {
      const first = { allowedOrigins: ['*'], allowedMethods: ['GET'] as const, allowedHeaders: [] };
      const second = { ...first, allowedHeaders: ['*'], exposeHeaders };
      return compileRules(
        { rules: [{ ...first, exposeHeaders: [] }, second], responseVary: false },
        behaviour,
      );
    };
    expect(neverAllowsMore(exposing([]), exposing(['ETag']))).toBe(true);
  });

  test('is unknown with too many classes', () => {
    const many = listing(
      ...Array.from({ length: 400 }, (_, at) => `${'a'.repeat(at)}*${'b'.repeat(400 - at)}`),
    );
    expect(neverAllowsMore(many, many)).toBeNull();
  });
});
