import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer } from '../../src/cors/answer.ts';
import { DIALECT_NAMES, type Dialect, type VaryMode } from '../../src/cors/behaviour.ts';
import { type CompiledRules, compileRules, unavailableRules } from '../../src/cors/compile.ts';
import { decide, type Facts } from '../../src/cors/decide.ts';
import { refusal } from '../../src/cors/refusal.ts';
import { varyHeader } from '../../src/cors/vary.ts';
import { behaviour, compiled, record, rule } from '../helpers/rules.ts';
import { origins, ruleSets } from './_arbitrary.ts';
import { judgeAnswer } from './_browser.ts';
import { type CacheRequest, sharedCache, type Upstream } from './_cache.ts';

const factsOf = ({ method, headers }: CacheRequest): Facts => ({
  method,
  origin: headers.origin ?? null,
  requestMethod: headers['access-control-request-method'] ?? null,
  requestHeaders: headers['access-control-request-headers'] ?? null,
});

function edge(rules: () => CompiledRules): Upstream {
  return (request) => {
    const facts = factsOf(request);
    const decision = decide(rules(), facts);
    const { headers, vary, noStore } = answer(rules(), decision);
    const status = refusal(rules(), decision, facts, 'OBJECT')?.status ?? 200;
    return { status, headers: record([...headers, ...varyHeader([], vary)]), noStore };
  };
}

/** A browser's view of the answer, with and without credentials. */
const seen = (headers: Readonly<Record<string, string>>, { origin }: Facts) =>
  origin && (['include', 'omit'] as const).map((mode) => judgeAnswer(headers, origin, mode));

const request = (methods: readonly string[]): fc.Arbitrary<CacheRequest> =>
  fc
    .record({
      method: fc.constantFrom(...methods),
      url: fc.constantFrom('/a.png', '/b.png'),
      origin: fc.oneof(fc.constant(null), origins, fc.constantFrom('a', 'b')),
      requestMethod: fc.option(fc.constantFrom('GET', 'PUT', 'HEAD'), { nil: null }),
      requestHeaders: fc.option(fc.constantFrom('x', 'y', 'x, y'), { nil: null, freq: 2 }),
      stale: fc.boolean(),
    })
    .map(({ method, url, origin, requestMethod, requestHeaders, stale }) => ({
      method,
      url,
      stale,
      headers: {
        ...(origin !== null && { origin }),
        ...(requestMethod !== null && { 'access-control-request-method': requestMethod }),
        ...(requestHeaders !== null && { 'access-control-request-headers': requestHeaders }),
      },
    }));

const traffic = (...methods: string[]) => fc.array(request(methods), { minLength: 2, maxLength: 12 });

/** With one version of the rules, and requests in any order, the cache never changes a browser's view of an answer. */
const law = (dialect: Dialect, vary: VaryMode, sets = ruleSets) =>
  fc.property(sets, fc.boolean(), traffic('GET', 'HEAD'), (set, credentials, requests) => {
    const rules = compileRules(set, behaviour(dialect, vary, credentials));
    const direct = edge(() => rules);
    const cached = sharedCache(direct);
    for (const asked of requests) {
      const facts = factsOf(asked);
      expect(seen(cached(asked).headers, facts)).toEqual(seen(direct(asked).headers, facts));
    }
  });

describe('behind a shared cache (semantics.md §4)', () => {
  test.each(DIALECT_NAMES)(
    'in `safe` mode every origin sees the same answer as without the cache: %s',
    (dialect) => {
      fc.assert(law(dialect, 'safe'), { numRuns: 1500 });
    },
  );

  test.each(DIALECT_NAMES)(
    'in `store` mode the cache serves answers to the wrong origin, as behind the store itself: %s',
    (dialect) => {
      const unasked = ruleSets.map((set) => ({ ...set, responseVary: false }));
      expect(fc.check(law(dialect, 'store', unasked), { numRuns: 3000 }).failed).toBe(true);
    },
  );

  test('in `store` mode with ResponseVary every origin sees the same answer as without the cache: oss', () => {
    const asking = ruleSets.map((set) => ({ ...set, responseVary: true }));
    fc.assert(law('oss', 'store', asking), { numRuns: 1000 });
  });

  test.each(DIALECT_NAMES)('no answer is cached while the rules are unavailable: %s', (dialect) => {
    fc.assert(
      fc.property(ruleSets, traffic('GET', 'HEAD'), traffic('GET', 'HEAD'), (set, before, after) => {
        const how = behaviour(dialect);
        let rules = unavailableRules(how);
        const direct = edge(() => rules);
        const cached = sharedCache(direct);
        for (const asked of before) expect(cached(asked)).toEqual(direct(asked));
        rules = compileRules(set, how);
        for (const asked of after) {
          const facts = factsOf(asked);
          expect(seen(cached(asked).headers, facts)).toEqual(seen(direct(asked).headers, facts));
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each(DIALECT_NAMES)(
    'a CDN that also caches OPTIONS serves each preflight its own answer: %s',
    (dialect) => {
      fc.assert(
        fc.property(ruleSets, traffic('GET', 'OPTIONS'), (set, requests) => {
          const rules = compileRules(set, behaviour(dialect));
          const direct = edge(() => rules);
          const cached = sharedCache(direct, ['GET', 'HEAD', 'OPTIONS']);
          for (const asked of requests) {
            if (asked.method === 'OPTIONS') expect(cached(asked)).toEqual(direct(asked));
            else cached(asked);
          }
        }),
        { numRuns: 1000 },
      );
    },
  );
});

describe('a fetch() after an <img> of the same URL, behind a shared cache', () => {
  const image: CacheRequest = { method: 'GET', url: '/a.png', headers: {}, stale: false };
  const script: CacheRequest = { ...image, headers: { origin: 'https://a.example' } };
  const readAfterImage = (rules: CompiledRules) => {
    const cached = sharedCache(edge(() => rules));
    cached(image);
    return judgeAnswer(cached(script).headers, 'https://a.example', 'omit').readable;
  };
  const everyone = rule();
  const one = rule({ allowedOrigins: ['https://a.example'] });

  test.each([
    ['is readable in safe mode if one origin is allowed', 'safe', one, true],
    ['is readable in safe mode if every origin is allowed', 'safe', everyone, true],
    ['gets the cached copy without headers in store mode if one origin is allowed', 'store', one, false],
    [
      'gets the cached copy without headers in store mode if every origin is allowed',
      'store',
      everyone,
      false,
    ],
  ] as const)('%s', (_, vary, only, readable) => {
    for (const dialect of DIALECT_NAMES)
      expect(readAfterImage(compiled([only], behaviour(dialect, vary)))).toBe(readable);
  });
});
