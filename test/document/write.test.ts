import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { METHODS, NO_RULES, type Rule, type RuleSet } from '../../src/cors/rule.ts';
import { toOssJson, toS3Json } from '../../src/document/writers/json.ts';
import { toXml } from '../../src/document/xml.ts';
import { fixture, ruleSetOf, warningsOf } from './_help.ts';

/** The characters that no value may contain. */
const FORBIDDEN = /[\s\p{Cc}\p{Cf}\p{Cs}\p{Noncharacter_Code_Point}*]/gu;

const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('&', '<', '>', '"', "'", '&amp;', ']]>', '<!--', '&#38;', 'https://a.example', 'ä', '😀'),
    fc
      .array(fc.constantFrom('&', '<', '>', '"', "'", ';', '-', 'a', '.'), { maxLength: 8 })
      .map((parts) => parts.join('')),
  )
  .map((value) => value.replace(FORBIDDEN, ''));
const token = fc.stringMatching(/^[!#$%&'+.^_`|~0-9A-Za-z-]{1,12}$/);
const withStar = (part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    part.filter((value) => value !== ''),
    fc.tuple(part, part).map(([start, end]) => `${start}*${end}`),
    fc.constant('*'),
  );

const rule: fc.Arbitrary<Rule> = fc
  .record({
    id: fc.option(
      fc.tuple(token, text, token).map((parts) => parts.join(' ')),
      { nil: undefined },
    ),
    allowedOrigins: fc.array(withStar(text), { minLength: 1, maxLength: 4 }),
    allowedMethods: fc.array(fc.constantFrom(...METHODS), { minLength: 1, maxLength: 6 }),
    allowedHeaders: fc.array(withStar(token), { maxLength: 3 }),
    exposeHeaders: fc.array(token, { maxLength: 3 }),
    maxAgeSeconds: fc.option(fc.integer({ min: 0, max: 2147483647 }), { nil: undefined }),
  })
  .map(({ id, maxAgeSeconds, ...lists }) => ({
    ...lists,
    ...(id === undefined ? {} : { id }),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  }));

const ruleSet: fc.Arbitrary<RuleSet> = fc.record({
  rules: fc.array(rule, { minLength: 1, maxLength: 5 }),
  responseVary: fc.boolean(),
});

const withoutId = ({ id: _, ...rest }: Rule): Rule => rest;

describe('a written rule set is read back unchanged', () => {
  test('from XML', () => {
    fc.assert(
      fc.property(ruleSet, (set) => {
        expect(ruleSetOf(toXml(set))).toEqual(set);
        expect(ruleSetOf(toXml(set), 'store')).toEqual(set);
        expect(warningsOf(toXml(set), 'strict')).toEqual([]);
      }),
    );
  });

  test("from ossutil's JSON, without IDs", () => {
    fc.assert(
      fc.property(ruleSet, (set) => {
        expect(ruleSetOf(toOssJson(set))).toEqual({ ...set, rules: set.rules.map(withoutId) });
      }),
    );
  });

  test("from S3's JSON, without ResponseVary", () => {
    fc.assert(
      fc.property(ruleSet, (set) => {
        expect(ruleSetOf(toS3Json(set))).toEqual({ ...set, responseVary: false });
      }),
    );
  });

  test('and equal rule sets from different documents give equal XML', () => {
    const fromXml = ruleSetOf(fixture('oss.xml'));
    const fromJson = ruleSetOf(fixture('ossutil.json'));
    expect(toXml(fromXml)).toBe(toXml(fromJson));
    expect(toXml(ruleSetOf(toXml(fromXml)))).toBe(toXml(fromXml));
  });
});

describe('a rule set is written', () => {
  const set: RuleSet = {
    rules: [
      {
        id: 'a & b',
        allowedOrigins: ['https://*.example.com', 'null'],
        allowedMethods: ['PUT', 'GET'],
        allowedHeaders: ['*'],
        exposeHeaders: ['ETag'],
        maxAgeSeconds: 0,
      },
      { allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: [], exposeHeaders: [] },
    ],
    responseVary: true,
  };

  test('as XML in a fixed order, indented and escaped', () => {
    expect(toXml(set)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration>
  <CORSRule>
    <AllowedOrigin>https://*.example.com</AllowedOrigin>
    <AllowedOrigin>null</AllowedOrigin>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedHeader>*</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <MaxAgeSeconds>0</MaxAgeSeconds>
    <ID>a &amp; b</ID>
  </CORSRule>
  <CORSRule>
    <AllowedOrigin>*</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod>
  </CORSRule>
  <ResponseVary>true</ResponseVary>
</CORSConfiguration>
`);
  });

  test("as ossutil's JSON without ID", () => {
    expect(JSON.parse(toOssJson(set))).toEqual({
      CORSRule: [
        {
          AllowedOrigin: ['https://*.example.com', 'null'],
          AllowedMethod: ['PUT', 'GET'],
          AllowedHeader: ['*'],
          ExposeHeader: ['ETag'],
          MaxAgeSeconds: 0,
        },
        { AllowedOrigin: ['*'], AllowedMethod: ['GET'] },
      ],
      ResponseVary: true,
    });
  });

  test("as S3's JSON without ResponseVary", () => {
    expect(JSON.parse(toS3Json(set))).toEqual({
      CORSRules: [
        {
          ID: 'a & b',
          AllowedOrigins: ['https://*.example.com', 'null'],
          AllowedMethods: ['PUT', 'GET'],
          AllowedHeaders: ['*'],
          ExposeHeaders: ['ETag'],
          MaxAgeSeconds: 0,
        },
        { AllowedOrigins: ['*'], AllowedMethods: ['GET'] },
      ],
    });
  });

  test('as an empty configuration if it has no rules', () => {
    for (const written of [toXml(NO_RULES), toOssJson(NO_RULES), toS3Json(NO_RULES)]) {
      expect(ruleSetOf(written, 'store')).toEqual(NO_RULES);
    }
  });
});
