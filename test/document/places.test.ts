import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RuleSet } from '../../src/cors/rule.ts';
import type { Document, Reading } from '../../src/document/fault.ts';
import { readDocument, readRuleSet } from '../../src/document/read.ts';
import { WRITERS } from '../../src/document/write.ts';
import { ruleSet } from './_arbitrary.ts';
import { xml } from './_help.ts';

type Accepted = Extract<Document, { ok: true }>;
const LISTS = ['allowedOrigins', 'allowedMethods', 'allowedHeaders', 'exposeHeaders'] as const;

function read(text: string, reading: Reading = 'strict'): Accepted {
  const document = readDocument(text, reading);
  if (!document.ok) throw new Error(JSON.stringify(document.faults));
  return document;
}

/** Every value of a rule set, with its place and with the line of the text where that place is. */
function valuesOf(text: string, reading?: Reading) {
  const { ruleSet: found, placeOf, lineOf } = read(text, reading);
  const lines = text.split(/\r\n|\r|\n/);
  return found.rules.flatMap((rule, index) =>
    LISTS.flatMap((field) =>
      rule[field].map((value, at) => {
        const place = placeOf(index + 1, field, at + 1);
        return { value, place, line: lines[(lineOf(place) ?? 0) - 1] ?? '' };
      }),
    ),
  );
}

/** A value as the writers write it. */
const escaped = (value: string, text: string): string =>
  text.startsWith('<')
    ? value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    : JSON.stringify(value);

describe('the place of a value', () => {
  const forms = ['xml', 'oss-json', 's3-json', 'r2'] as const;
  const withoutVary = (set: RuleSet): RuleSet => ({ ...set, responseVary: false });

  test.each(forms)('is at the line of that value in a document of the form %s', (form) => {
    fc.assert(
      fc.property(ruleSet, fc.constantFrom('\n', '\r\n', '\n\n'), (set, end) => {
        const text = WRITERS[form].text(withoutVary(set)).replaceAll('\n', end);
        const values = valuesOf(text);
        for (const { value, line } of values) expect(line).toContain(escaped(value, text));
        expect(new Set(values.map(({ place }) => place)).size).toBe(values.length);
      }),
    );
  });

  test('has the numbers of the document, also behind values and rules that were skipped', () => {
    const text = xml(`
      <CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>
      <CORSRule>
        <AllowedOrigin/>
        <AllowedOrigin>https://a.example</AllowedOrigin>
        <AllowedMethod>COPY</AllowedMethod>
        <AllowedMethod>PUT</AllowedMethod>
        <MaxAgeSeconds>9</MaxAgeSeconds>
        <MaxAgeSeconds>7</MaxAgeSeconds>
      </CORSRule>
      <ResponseVary>true</ResponseVary>`);
    const { placeOf, lineOf } = read(text, 'store');
    expect(placeOf(1)).toBe('CORSRule[2]');
    expect(placeOf(1, 'allowedOrigins', 1)).toBe('CORSRule[2]/AllowedOrigin[2]');
    expect(placeOf(1, 'allowedMethods', 1)).toBe('CORSRule[2]/AllowedMethod[2]');
    expect(placeOf(1, 'maxAgeSeconds')).toBe('CORSRule[2]/MaxAgeSeconds[2]');
    expect(placeOf(1, 'id')).toBe('CORSRule[2]/ID');
    expect(placeOf(1, 'exposeHeaders')).toBe('CORSRule[2]/ExposeHeader');
    expect(placeOf(null)).toBe('CORSConfiguration');
    expect(placeOf(null, 'responseVary')).toBe('ResponseVary[1]');
    expect(['CORSRule[2]', 'CORSRule[2]/AllowedMethod[2]', 'ResponseVary[1]'].map(lineOf)).toEqual([
      3, 7, 11,
    ]);
  });

  test('in a form with one list of headers is the same for both lists', () => {
    const { placeOf } = read('[{"origin":"*","method":["*"],"responseHeader":["x-*","ETag"]}]');
    expect(placeOf(1, 'allowedHeaders', 2)).toBe('[1]/responseHeader[2]');
    expect(placeOf(1, 'exposeHeaders', 1)).toBe('[1]/responseHeader[2]');
    expect(placeOf(1, 'exposeHeaders')).toBe('[1]/responseHeader');
    expect(placeOf(1, 'allowedMethods', 5)).toBe('[1]/method[1]');
  });

  test.each([
    ['result/rules', { result: { rules: [{ allowed: { origins: '*', methods: 'GET' } }] } }, 'result'],
    ['cors_config', { cors_config: [{ origin: '*', method: 'GET' }] }, 'cors_config'],
    [
      'CORSConfiguration/CORSRules',
      { CORSConfiguration: { CORSRules: { AllowedOrigins: '*', AllowedMethods: 'GET' } } },
      'CORSConfiguration',
    ],
    ['', [{ allowedOrigin: '*', allowedMethod: 'GET' }], 'document'],
    ['rules', { rules: [{ allowedOrigin: '*', allowedMethod: 'GET' }], res: {} }, 'rules'],
  ])('begins with the keys around the rules: %s', (path, document, root) => {
    const { placeOf } = read(JSON.stringify(document));
    expect(placeOf(1)).toBe(`${path}[1]`);
    expect(placeOf(null)).toBe(root);
  });

  test('of Google XML has the group of each value', () => {
    const { placeOf, lineOf } = read(`<CorsConfig>
      <Cors>
        <Origins><Origin>https://a.example</Origin>
          <Origin>https://b.example</Origin></Origins>
        <Methods><Method>GET</Method></Methods>
      </Cors></CorsConfig>`);
    expect(placeOf(1, 'allowedOrigins', 2)).toBe('Cors[1]/Origins[1]/Origin[2]');
    expect(lineOf('Cors[1]/Origins[1]/Origin[2]')).toBe(4);
  });
});

describe('the line of a place', () => {
  const text = xml(`
    <CORSRule>
      <AllowedOrigin>*</AllowedOrigin>
      <AllowedMethod>put</AllowedMethod>
    </CORSRule>`);

  test.each([
    ['a value', 'CORSRule[1]/AllowedMethod[1]', 4],
    ['a list', 'CORSRule[1]/AllowedMethod', 4],
    ['a missing value, which is that of its rule', 'CORSRule[1]/ExposeHeader[3]', 2],
    ['a missing field', 'CORSRule[1]/ID', 2],
    ['a missing rule, which is that of the first', 'CORSRule[9]', 2],
    ['the document', 'CORSConfiguration', 1],
    ['a line', 'line 3, column 5', 3],
  ])('is known for %s', (_name, place, line) => {
    expect(readDocument(text, 'strict').lineOf(place)).toBe(line);
    expect(readDocument(text, 'store').lineOf(place)).toBe(line);
  });

  test('is known in a text that cannot be parsed', () => {
    const document = readDocument('{"CORSRules":\n [}', 'store');
    expect(document).toMatchObject({ ok: false, faults: [{ place: 'line 2, column 3' }] });
    expect(document.lineOf('line 2, column 3')).toBe(2);
    expect(document.lineOf('document')).toBe(1);
  });

  test('is not known for rules without a text', () => {
    expect(readRuleSet({ rules: [] }).lineOf('rules')).toBeUndefined();
  });
});
