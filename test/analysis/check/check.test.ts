import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askedNames } from '../../../src/analysis/browser/safelist.ts';
import { checkRules } from '../../../src/analysis/check/check.ts';
import { type Domains, LAST_LABEL } from '../../../src/analysis/check/domains.ts';
import { diffRules } from '../../../src/analysis/diff.ts';
import { compileRules } from '../../../src/cors/compile.ts';
import type { Rule, RuleSet } from '../../../src/cors/rule.ts';
import { readRuleSet } from '../../../src/document/read.ts';
import { loadDomains } from '../../../src/node/domains.ts';

const OSS = { dialect: 'oss', vary: 'safe', dangerouslyAllowCredentials: false } as const;
const S3 = { ...OSS, dialect: 's3' } as const;
const domains = await loadDomains();

const rule = (given: Partial<Rule>): Rule => ({
  allowedOrigins: ['https://www.example.com'],
  allowedMethods: ['GET', 'HEAD'],
  allowedHeaders: [],
  exposeHeaders: [],
  ...given,
});
const set = (...rules: readonly Partial<Rule>[]): RuleSet => ({ rules: rules.map(rule), responseVary: true });
const codes = (ruleSet: RuleSet, behaviour: typeof OSS | typeof S3 = OSS, bytes = 0) =>
  [...new Set(checkRules(ruleSet, { behaviour, domains, bytes }).map(({ code }) => code))].join(' ');

describe('each check fires alone', () => {
  const wide = { allowedOrigins: ['*'] };
  const upload: Partial<Rule> = { allowedMethods: ['GET', 'HEAD', 'PUT'], exposeHeaders: ['ETag'] };
  test.each<[string, string, RuleSet, typeof OSS | typeof S3, number]>([
    ['Content-Range among request headers', 'BC201', set({ allowedHeaders: ['Content-Range'] }), OSS, 0],
    ['a safelisted header', 'BC202', set({ allowedHeaders: ['Accept'] }), OSS, 0],
    ['a header that covers another', 'BC301', set({ allowedHeaders: ['*', 'content-type'] }), OSS, 0],
    ['a header in another case', 'BC302', set({ allowedHeaders: ['X-A', 'x-a'] }), OSS, 0],
    ['a whole rule twice', 'BC302', set({}, {}), OSS, 0],
    ['credentials lost behind *', 'BC304', set({ ...wide, exposeHeaders: ['ETag'] }, upload), S3, 0],
    ['HEAD without GET', 'BC403', set({ allowedMethods: ['HEAD'] }), OSS, 0],
    ['11 rules for OSS', 'BC501', many(11), OSS, 0],
    ['101 rules for S3', 'BC501', many(101), S3, 0],
    ['17 KB for OSS', 'BC502', set({}), OSS, 17_000],
  ])('%s: %s', (_, code, ruleSet, behaviour, bytes) => {
    expect(codes(ruleSet, behaviour, bytes)).toBe(code);
  });

  test('of a hidden rule names the methods that one earlier rule answers, with what it lacks', () => {
    const ruleSet = set(
      { ...wide, allowedMethods: ['GET', 'HEAD'] },
      { ...wide, allowedMethods: ['PUT'], exposeHeaders: ['x-a', 'ETag'] },
      {
        allowedMethods: ['GET', 'HEAD', 'PUT'],
        allowedHeaders: ['x-h'],
        exposeHeaders: ['x-a', 'x-b', 'ETag'],
      },
    );
    const found = checkRules(ruleSet, { behaviour: OSS });
    expect(found.filter(({ code }) => code === 'BC304').map(({ reason }) => reason)).toEqual([
      'stands behind a wider rule: GET and HEAD from https://www.example.com get rule 1, which exposes no x-a, x-b, ETag',
    ]);
  });

  test('of 21 rules for OSS is an error, of 11 a warning', () => {
    const severity = (count: number) => checkRules(many(count), { behaviour: OSS }).at(-1)?.severity;
    expect([severity(11), severity(21)]).toEqual(['warning', 'error']);
  });

  test('of credentials fires with the option that asks for them', () => {
    const behaviour = { ...OSS, dangerouslyAllowCredentials: true };
    expect(checkRules(set(wide), { behaviour }).map(({ code }) => code)).toEqual(['BC207']);
  });
});

function many(count: number): RuleSet {
  return set(
    ...Array.from({ length: count }, (_, at) => ({ allowedOrigins: [`https://a${at}.example.com`] })),
  );
}

describe('a request header that needs no rule', () => {
  const found = (name: string) => checkRules(set({ allowedHeaders: ['x-a', name] }), { behaviour: OSS });

  test.each(['Set-Cookie', 'Sec-Fetch-Mode', 'Proxy-Foo', 'Access-Control-Request-Method', 'TE', 'Accept'])(
    '%s',
    (name) => {
      expect(found(name)).toMatchObject([{ code: 'BC202', write: 'the list without it' }]);
    },
  );

  test('is not one that preflights ask for', () => {
    for (const name of ['access-control-request-foo', 'x-proxy-a', 'content-type', 'range']) {
      expect(askedNames([[name, null]])).toEqual([name]);
      expect(found(name)).toEqual([]);
    }
  });

  test('is left out of the list if the answers carry it by themselves', () => {
    expect(found('Access-Control-Allow-Origin')).toMatchObject([
      { code: 'BC201', write: 'the list without it: the answers carry it by themselves' },
    ]);
  });
});

describe('clean rules have no finding', () => {
  const headers = ['*'];
  test.each<[string, RuleSet]>([
    ['a static site', set({ allowedOrigins: ['https://www.example.com'], maxAgeSeconds: 3600 })],
    [
      'direct upload from a page',
      set({
        allowedMethods: ['PUT', 'POST'],
        allowedHeaders: headers,
        exposeHeaders: ['ETag', 'x-oss-request-id'],
        maxAgeSeconds: 600,
      }),
    ],
    [
      'several environments',
      set({
        allowedOrigins: ['https://www.example.com', 'https://*.staging.example.com', 'http://localhost:3000'],
        allowedMethods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
        allowedHeaders: headers,
        exposeHeaders: ['ETag'],
      }),
    ],
    ['calls with authentication', set({ allowedHeaders: ['Authorization', 'x-oss-*', 'Content-Type'] })],
    ['a public bucket', set({ allowedOrigins: ['*'], allowedHeaders: ['Range'] })],
    ['ranges, one origin', set({ allowedHeaders: ['Range'], exposeHeaders: ['Content-Range'] })],
  ])('%s', (_, ruleSet) => {
    expect(codes(ruleSet)).toBe('');
    expect(codes(ruleSet, S3)).toBe('');
  });
});

const value = fc
  .oneof(
    fc.constantFrom(
      '*',
      'null',
      'https://a.example/',
      'https://a.example',
      'http://a.example',
      'https://*.a.example',
      '*a.example.com',
      'https://A.example.com:443',
      'https://a.example,b.example',
      'www.a.com',
      'https://*.com',
    ),
    fc
      .tuple(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.string({ maxLength: 6 }))
      .map((parts) => parts.join('*')),
  )
  .filter(
    (text) => !/[\s\p{Cc}\p{Cf}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(text) && text.split('*').length < 3,
  );
const names = fc.constantFrom('*', 'ETag', 'etag', 'Accept', 'Host', 'x-*', 'x-a', 'sec-*', 'Content-Type');
const rules = fc.record(
  {
    allowedOrigins: fc.array(value, { minLength: 1, maxLength: 4 }),
    allowedMethods: fc.array(fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE'), {
      minLength: 1,
      maxLength: 4,
    }),
    allowedHeaders: fc.array(names, { maxLength: 4 }),
    exposeHeaders: fc.array(fc.constantFrom('ETag', 'etag', 'x-oss-request-id'), { maxLength: 3 }),
    maxAgeSeconds: fc.constantFrom(0, 60, 1_000_000),
  },
  { requiredKeys: ['allowedOrigins', 'allowedMethods', 'allowedHeaders', 'exposeHeaders'] },
) as fc.Arbitrary<Rule>;
const ruleSets = fc.record({ rules: fc.array(rules, { maxLength: 5 }), responseVary: fc.boolean() });
const someDomains = fc.constantFrom<Domains>(domains, LAST_LABEL);
const someBehaviour = fc.constantFrom(OSS, S3, { ...OSS, dangerouslyAllowCredentials: true });

describe('the findings of any rules', () => {
  test('have one place for each code, and rules that a strict reading takes', () => {
    fc.assert(
      fc.property(ruleSets, someBehaviour, someDomains, (ruleSet, behaviour, list) => {
        const findings = checkRules(ruleSet, { behaviour, domains: list });
        const places = findings.map(({ code, place }) => `${code} ${place}`);
        expect(new Set(places).size).toBe(places.length);
        for (const { code, rewritten, value: found, rule: number } of findings) {
          if (!rewritten) continue;
          expect(readRuleSet({ rules: [rewritten] }).ok).toBe(true);
          const changed = { ...ruleSet, rules: ruleSet.rules.with((number ?? 1) - 1, rewritten) };
          const still = checkRules(changed, { behaviour, domains: list }).filter(
            (other) => other.code === code && other.rule === number && other.value === found,
          );
          expect(still).toEqual([]);
        }
      }),
    );
  });

  test('name rules as never reached whose removal changes no answer', () => {
    fc.assert(
      fc.property(ruleSets, someBehaviour, (ruleSet, behaviour) => {
        for (const { code, rule: number } of checkRules(ruleSet, { behaviour })) {
          if (code !== 'BC303') continue;
          const without = { ...ruleSet, rules: ruleSet.rules.toSpliced((number ?? 1) - 1, 1) };
          expect(
            diffRules(compileRules(ruleSet, behaviour), compileRules(without, behaviour)).differences,
          ).toEqual([]);
        }
      }),
    );
  });

  test('are counted beyond 50 of one code', () => {
    const origins = Array.from({ length: 70 }, (_, at) => `https://a${at}.example.com/`);
    const findings = checkRules(set({ allowedOrigins: origins }), { behaviour: OSS });
    expect(findings).toHaveLength(51);
    expect(findings.at(-1)).toMatchObject({
      code: 'BC101',
      rule: null,
      reason: 'has 20 more findings of BC101',
    });
  });
});
