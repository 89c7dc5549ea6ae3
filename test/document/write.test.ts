import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_RULES, type Rule, type RuleSet } from '../../src/cors/rule.ts';
import { toOssJson, toS3Json } from '../../src/document/writers/json.ts';
import { toXml } from '../../src/document/xml.ts';
import { ruleSet } from './_arbitrary.ts';
import { fixture, ruleSetOf, warningsOf } from './_help.ts';

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
