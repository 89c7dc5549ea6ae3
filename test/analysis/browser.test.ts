import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HeaderPairs } from '../../src/analysis/browser/check.ts';
import { judge } from '../../src/analysis/browser/judge.ts';
import { preflightCache } from '../../src/analysis/browser/preflight-cache.ts';
import { askedNames, sentMethod } from '../../src/analysis/browser/safelist.ts';
import { answerTo } from '../../src/cors/answer.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { behaviours, requests, ruleSets } from '../cors/_arbitrary.ts';
import { judgeAnswer } from '../cors/_browser.ts';
import { record } from '../helpers/rules.ts';
import { BROWSER_CASES } from './_browser-cases.ts';

const PAGE = 'https://app.example.com';
const at = (page: string, headers: Readonly<Record<string, string>>): HeaderPairs =>
  Object.entries(headers).map(([name, value]) => [name, value.replaceAll('PAGE', page)]);

const judged = (about: (typeof BROWSER_CASES)[number]) =>
  judge(
    {
      origin: PAGE,
      method: sentMethod(about.method),
      headers: askedNames(Object.entries(about.headers)),
      credentials: about.credentials,
    },
    {
      preflight: { status: about.preflight.status, headers: at(PAGE, about.preflight.headers) },
      actual: { headers: at(PAGE, about.actual) },
    },
  );

describe('a browser', () => {
  test.each(BROWSER_CASES)('judges $name', (about) => {
    const { preflights, passes, refused, failure, readable, because } = judged(about);
    const asked = askedNames(Object.entries(about.headers)).join();
    expect(preflights ? asked : null).toBe(about.asked);
    expect([passes, failure]).toEqual([about.failure === null, about.failure]);
    expect(refused === null).toBe(passes);
    const shown = ['cache-control', 'etag', 'x-one'].filter(
      (name) => readable === '*' || readable.includes(name),
    );
    expect(shown).toEqual(about.readable);
    expect(because).toMatch(
      passes ? /The page gets the answer\.$/ : /The browser (?:blocks it|sends nothing): .+\.$/,
    );
  });

  test('says in the words of consoles why it blocks', () => {
    const named = (name: string) => {
      const found = BROWSER_CASES.find((one) => one.name === name);
      if (found === undefined) throw new Error(name);
      return judged(found).because;
    };
    expect(named('cookies with *')).toBe(
      'The browser sends no preflight. The browser blocks it: the value of Access-Control-Allow-Origin in the answer is *, and the page sends cookies.',
    );
    expect(named('the method TRACE')).toBe(
      'The browser sends nothing: scripts cannot use the method TRACE, and fetch throws a TypeError.',
    );
    expect(named('a PUT that is not listed')).toBe(
      'The browser sends a preflight first, because the method is PUT. The browser blocks it: the method PUT is not allowed by Access-Control-Allow-Methods in the answer to the preflight. It never sends the request.',
    );
    expect(named('a header that is not listed')).toContain(
      'because the page sets x-a. The browser blocks it: the request header x-a is not allowed by Access-Control-Allow-Headers',
    );
  });

  test('agrees with the plain model of the CORS check on every answer of the engine', () => {
    fc.assert(
      fc.property(ruleSets, behaviours, requests, fc.boolean(), (set, how, facts, credentials) => {
        const { headers } = answerTo(compileRules(set, how), facts);
        const origin = facts.origin ?? 'a';
        const pairs = Object.entries(record(headers));
        const judgement = judge(
          { origin, method: 'GET', headers: [], credentials },
          { preflight: { status: 403, headers: [] }, actual: { headers: pairs } },
        );
        const plain = judgeAnswer(record(headers), origin, credentials ? 'include' : 'omit');
        expect(judgement.passes).toBe(plain.readable);
        for (const name of plain.exposed) expect(judgement.readable).toContain(name);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    [undefined, 5, 5, 5],
    ['0', 0, 0, 0],
    ['600', 600, 600, 600],
    ['86401', 7_200, 86_400, 600],
    ['-1', 5, 5, 5],
    ['1.5', 5, 5, 5],
    ['60, 60', 5, 5, 5],
  ])('caches a preflight with Max-Age %s', (age, chromium, firefox, safari) => {
    const headers: HeaderPairs = age === undefined ? [] : [['access-control-max-age', age]];
    expect(preflightCache(headers)).toEqual({ chromium, firefox, safari });
  });

  test.each<[readonly [string, string | null][], string]>([
    [
      [
        ['Cookie', 'a'],
        ['Sec-Fetch-Mode', 'cors'],
        ['Host', 'a'],
        ['Proxy-X', '1'],
      ],
      '',
    ],
    [
      [
        ['Content-Type', null],
        ['Range', null],
      ],
      'content-type,range',
    ],
    [
      [
        ['Accept', null],
        ['Accept-Language', null],
        ['Content-Language', null],
      ],
      '',
    ],
    [
      [
        ['X-B', '1'],
        ['x-a', '1'],
        ['X-b', '2'],
      ],
      'x-a,x-b',
    ],
    [[['Content-Type', 'multipart/form-data; boundary=x']], ''],
    [[['Content-Type', 'text/plain; a="b"']], 'content-type'],
    [Array.from({ length: 9 }, () => ['Accept', 'a'.repeat(128)] as [string, string]), 'accept'],
    [Array.from({ length: 8 }, () => ['Accept', 'a'.repeat(128)] as [string, string]), ''],
    [[['Range', 'bytes=9-0']], 'range'],
    [[['Accept-Language', 'de;q=0.5, *']], ''],
    [[['Accept-Language', 'de_DE']], 'accept-language'],
  ])('asks for the headers of %j', (headers, asked) => {
    expect(askedNames(headers).join()).toBe(asked);
  });
});
