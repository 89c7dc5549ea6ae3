import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cureFor, type Lost, passes } from '../../src/analysis/cure.ts';
import { diffRules, neverAllowsMore } from '../../src/analysis/diff.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { METHODS, type Rule, type RuleSet } from '../../src/cors/rule.ts';
import { readRuleSet } from '../../src/document/read.ts';
import { behaviour, rule } from '../helpers/rules.ts';

const OSS = behaviour('oss');
const S3 = behaviour('s3');
const rulesOf = (...rules: readonly Rule[]): RuleSet => ({ rules, responseVary: false });
const lost = (about: Partial<Lost> = {}): Lost => ({
  origin: 'https://new.example',
  method: 'PUT',
  headers: [],
  credentials: false,
  ...about,
});
const APP = 'https://app.example';
const put = (about: Partial<Rule> = {}) => rule({ allowedOrigins: [APP], allowedMethods: ['PUT'], ...about });
const many = (count: number) =>
  Array.from({ length: count }, (_, at) => put({ allowedOrigins: [`https://${at}.example`] }));

describe('the least change that allows a request', () => {
  test.each<[string, RuleSet, Partial<Lost>, string]>([
    ['no rules', rulesOf(), {}, 'Add a rule that lets https://new.example PUT.'],
    ['a rule for the same', rulesOf(put()), {}, 'Add https://new.example to the origins of rule 1.'],
    [
      'a rule that allows more methods',
      rulesOf(put({ allowedMethods: ['PUT', 'GET'] })),
      {},
      'Add a rule that lets https://new.example PUT.',
    ],
    [
      'a rule that exposes a header',
      rulesOf(put({ exposeHeaders: ['ETag'] })),
      {},
      'Add a rule that lets https://new.example PUT.',
    ],
    [
      'a rule of the origin that lacks the method',
      rulesOf(rule({ allowedOrigins: [APP] })),
      { origin: APP },
      'Add PUT to the methods of rule 1.',
    ],
    [
      'a rule of several origins that lacks the method',
      rulesOf(rule({ allowedOrigins: [APP, 'https://b.example'] })),
      { origin: APP },
      'Add a rule that lets https://app.example PUT.',
    ],
    [
      'a rule that lacks the headers',
      rulesOf(put()),
      { origin: APP, headers: ['x-a', 'x-b'] },
      'Add x-a and x-b to the headers of rule 1.',
    ],
    [
      'a rule that lacks one of two headers',
      rulesOf(put({ allowedHeaders: ['x-a'] })),
      { origin: APP, headers: ['x-a', 'x-b'] },
      'Add x-b to the headers of rule 1.',
    ],
    [
      'a rule that allows another header',
      rulesOf(put({ allowedHeaders: ['x-other'] })),
      { origin: APP, headers: ['x-a'] },
      'Add a rule that lets https://app.example PUT with x-a.',
    ],
    [
      'as many rules as there may be',
      rulesOf(...many(9), put({ allowedMethods: ['PUT', 'GET'] })),
      {},
      'Add https://new.example to the origins of rule 1.',
    ],
    [
      'as many rules as there may be, none with the method',
      rulesOf(...many(10).map((one) => ({ ...one, allowedMethods: ['GET' as const] }))),
      {},
      'Add https://new.example to the origins and PUT to the methods of rule 1.',
    ],
  ])('with %s', (_, rules, about, sentence) => {
    const cure = cureFor(rules, OSS, lost(about));
    expect(cure?.sentence).toBe(sentence);
    expect(passes(cure?.ruleSet ?? rules, OSS, lost(about))).toBe(true);
  });

  test.each<[string, Partial<Lost>]>([
    ['a method that no rule can list', { method: 'PATCH' }],
    ['an origin that would be a pattern', { origin: 'https://*' }],
    ['an origin that no rule can list', { origin: 'https://a\u200b.example' }],
    ['several origins', { origin: 'https://a.example,https://b.example' }],
    ['a header that would be a pattern', { headers: ['x-*'] }],
    ['a header that is no name', { headers: ['x a'] }],
  ])('is unknown for %s', (_, about) => {
    expect(cureFor(rulesOf(put()), OSS, lost(about))).toBeNull();
  });

  test('names the origin of a page with cookies before the rule with a wildcard', () => {
    const rules = rulesOf(put({ allowedOrigins: ['https://x.example'] }), put({ allowedOrigins: ['*'] }));
    const request = lost({ credentials: true });
    const cure = cureFor(rules, S3, request);
    expect(cure?.sentence).toBe(
      'Add a rule before rule 2 that lets https://new.example PUT with credentials.',
    );
    expect(cure?.ruleSet.rules[1]).toEqual(put({ allowedOrigins: ['https://new.example'] }));
    // OSS sends no Allow-Credentials, whatever its rules are.
    expect(cureFor(rules, OSS, request)).toBeNull();
    expect(cureFor(rules, behaviour('oss', 'safe', true), request)?.ruleSet).toEqual(cure?.ruleSet);
  });
});

const some = <T>(...values: readonly T[]) => fc.subarray([...values], { minLength: 1 });
const HEADERS = ['x-a', 'x-b', 'content-type'];
const aRule: fc.Arbitrary<Rule> = fc.record({
  allowedOrigins: some('*', 'https://a.example', 'https://*.example', 'https://b.example'),
  allowedMethods: some(...METHODS),
  allowedHeaders: fc.subarray(['*', 'x-*', ...HEADERS]),
  exposeHeaders: fc.subarray(['ETag']),
});
const aLost: fc.Arbitrary<Lost> = fc.record({
  origin: fc.constantFrom(
    'https://a.example',
    'https://b.example',
    'https://c.test',
    'null',
    'https://*.test',
  ),
  method: fc.constantFrom(...METHODS, 'PATCH'),
  headers: fc.subarray(HEADERS),
  credentials: fc.boolean(),
});

describe('for all rules and requests, a change', () => {
  test('allows the request, can be stored, refuses nothing, and allows no more than a rule for the request', () => {
    const found = { cures: 0 };
    fc.assert(
      fc.property(
        fc.array(aRule, { maxLength: 4 }),
        aLost,
        fc.constantFrom(OSS, S3),
        (list, request, how) => {
          const before = rulesOf(...list);
          const isAllowed = passes(before, how, { ...request, credentials: false });
          fc.pre(isAllowed === request.credentials);
          const cure = cureFor(before, how, request);
          if (cure === null) return;
          found.cures += 1;
          expect(passes(cure.ruleSet, how, request)).toBe(true);
          expect(readRuleSet(cure.ruleSet)).toMatchObject({ ok: true, ruleSet: cure.ruleSet });
          const [was, is] = [compileRules(before, how), compileRules(cure.ruleSet, how)];
          const { differences } = diffRules(was, is);
          expect(differences.filter((one) => one.before.rule !== null && one.after.rule === null)).toEqual(
            [],
          );
          if (request.credentials) return;
          const { origin, method, headers } = request;
          const own = rule({
            allowedOrigins: [origin],
            allowedMethods: [method as Rule['allowedMethods'][number]],
            allowedHeaders: headers,
          });
          const alone = compileRules(rulesOf(...list, own), how);
          expect(neverAllowsMore(alone, is)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
    expect(found.cures).toBeGreaterThan(50);
  });
});
