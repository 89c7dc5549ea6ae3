import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRules } from '../../../src/analysis/check/check.ts';
import { fixRules } from '../../../src/analysis/check/fix.ts';
import { actualRequest, preflightRequest } from '../../../src/analysis/table.ts';
import type { Behaviour } from '../../../src/cors/behaviour.ts';
import { type CompiledRules, compileRules } from '../../../src/cors/compile.ts';
import type { Rule, RuleSet } from '../../../src/cors/rule.ts';
import { compiledRules, headerSets, judge, ORIGIN_WORDS, SEEN_METHODS } from '../_brute.ts';

const OSS = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false } as const;
const rule = (given: Partial<Rule>): Rule => ({
  allowedOrigins: ['https://www.example.com'],
  allowedMethods: ['GET', 'HEAD'],
  allowedHeaders: [],
  exposeHeaders: [],
  ...given,
});
const ruleSetOf = ({ rules, responseVary }: CompiledRules): RuleSet => ({
  rules: rules.map((one) => one.rule),
  responseVary,
});

/** The same rules, each list with one of its values again, and one rule again at the end. */
const withDuplicates = ({ rules, responseVary }: RuleSet): RuleSet => ({
  responseVary,
  rules: [...rules, ...rules.slice(0, 1)].map((one) => ({
    ...one,
    allowedOrigins: [...one.allowedOrigins, ...one.allowedOrigins.slice(0, 1)],
    allowedHeaders: [...one.allowedHeaders, ...one.allowedHeaders.slice(0, 1)],
    exposeHeaders: [...one.exposeHeaders, ...one.exposeHeaders],
  })),
});

describe('fixRules', () => {
  test.each<[string, Partial<Rule>[], Partial<Rule>[], string]>([
    ['a duplicate', [{ allowedMethods: ['GET', 'HEAD', 'GET'] }], [{}], 'BC302'],
    ['a rule twice', [{}, {}], [{}], 'BC302'],
    ['a covered header', [{ allowedHeaders: ['x-*', 'X-A'] }], [{ allowedHeaders: ['x-*'] }], 'BC301'],
    ['an unreached rule', [{ allowedOrigins: ['*'] }, {}], [{ allowedOrigins: ['*'] }], 'BC303'],
    ['a forbidden header', [{ allowedHeaders: ['x-a', 'Origin'] }], [{ allowedHeaders: ['x-a'] }], 'BC202'],
  ])('removes %s', (_, before, after, code) => {
    const { ruleSet, fixed } = fixRules({ rules: before.map(rule), responseVary: true }, { behaviour: OSS });
    expect(ruleSet.rules).toEqual(after.map(rule));
    expect(fixed.map((finding) => finding.code)).toEqual([code]);
  });

  test.each<[string, Partial<Rule>, string]>([
    ['a trailing slash', { allowedOrigins: ['https://www.example.com/'] }, 'allow more'],
    ['a safelisted header', { allowedHeaders: ['Accept'] }, 'change answers'],
    ['a wildcard that reaches others', { allowedOrigins: ['https://*example.com'] }, 'change answers'],
  ])('leaves %s, with the reason', (_, given, why) => {
    const before = { rules: [rule(given)], responseVary: true };
    const { ruleSet, fixed, left } = fixRules(before, { behaviour: OSS });
    expect(ruleSet).toBe(before);
    expect(fixed).toEqual([]);
    expect(left.map((finding) => finding.why)).toEqual([expect.stringContaining(why)]);
  });

  test('removes an origin that a pattern covers only where it gets no credentials of its own', () => {
    const allowedOrigins = ['https://x.a.example.org', 'https://*.a.example.org'];
    const before = { rules: [rule({ allowedOrigins })], responseVary: true };
    const fixedFor = (behaviour: Behaviour) => fixRules(before, { behaviour }).ruleSet;
    expect(fixedFor(OSS)).toBe(before);
    expect(fixedFor({ ...OSS, dangerouslyAllowCredentials: true })).toBe(before);
    expect(checkRules(before, { behaviour: OSS })).toEqual([]);
    expect(fixedFor({ ...OSS, dialect: 's3' }).rules[0]?.allowedOrigins).toEqual(['https://*.a.example.org']);
  });

  test.each([
    ['a pattern', 'https://*.x.a.example.org', 'https://*.a.example.org'],
    ['an origin beside *', 'https://x.a.example.org', '*'],
  ])('removes %s for OSS', (_, covered, wider) => {
    const before = { rules: [rule({ allowedOrigins: [covered, wider] })], responseVary: true };
    expect(fixRules(before, { behaviour: OSS }).ruleSet.rules[0]?.allowedOrigins).toEqual([wider]);
  });

  test('never changes an answer, corrects all that it can, and has nothing left to do', () => {
    fc.assert(
      fc.property(
        compiledRules,
        headerSets,
        fc.boolean(),
        fc.boolean(),
        (compiled, sets, isDoubled, option) => {
          const { behaviour } = compiled;
          const plain = ruleSetOf(compiled);
          const before = isDoubled ? withDuplicates(plain) : plain;
          const { ruleSet } = fixRules(before, { behaviour });
          expect(fixRules(ruleSet, { behaviour }).ruleSet).toBe(ruleSet);
          const codes = checkRules(ruleSet, { behaviour }).map(({ code }) => code);
          for (const code of ['BC301', 'BC302', 'BC303']) expect(codes).not.toContain(code);
          const withOption = { ...behaviour, dangerouslyAllowCredentials: option };
          const [was, is] = [compileRules(before, withOption), compileRules(ruleSet, withOption)];
          for (const origin of ORIGIN_WORDS.filter((word) => word.length < 3))
            for (const method of SEEN_METHODS)
              for (const request of [
                actualRequest(origin, method),
                ...sets.map((set) => preflightRequest(origin, method, set)),
              ])
                if (meaningOf(judge(is, request).headers) !== meaningOf(judge(was, request).headers))
                  expect.fail(JSON.stringify(request));
        },
      ),
      { numRuns: 15 },
    );
  });
});

/** Header lines and the distinct items of lists. */
const meaningOf = (headers: string): string =>
  headers
    .split('\n')
    .map((line) => [...new Set(line.split(', '))].join())
    .join('\n');
