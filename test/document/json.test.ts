import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_RULES } from '../../src/cors/rule.ts';
import { type Json, parseJson } from '../../src/document/jsontext.ts';
import { faultsOf, fixture, ruleSetOf, warningsOf } from './_help.ts';

const rule = { AllowedOrigins: ['https://a.example'], AllowedMethods: ['GET'] };
const s3 = (fields: object): string => JSON.stringify({ CORSRules: [{ ...rule, ...fields }] });
const ossRule = { AllowedOrigin: ['https://a.example'], AllowedMethod: ['GET'] };
const oss = (fields: object): string => JSON.stringify({ CORSRule: [ossRule], ...fields });

describe('JSON documents', () => {
  test("ossutil's form, with single values for lists, means the same as the XML", () => {
    expect(ruleSetOf(fixture('ossutil.json'))).toEqual(ruleSetOf(fixture('oss.xml')));
  });

  test("S3's form means the same as the XML", () => {
    expect(ruleSetOf(fixture('s3.json'))).toEqual(ruleSetOf(fixture('s3.xml')));
  });

  test("the S3 console's bare list is read", () => {
    expect(ruleSetOf(fixture('s3-console.json'))).toEqual({
      rules: [{ allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: [], exposeHeaders: [] }],
      responseVary: false,
    });
    expect(faultsOf('[{"AllowedOrigins":"*","AllowedMethods":["get"]}]')).toMatchObject([
      { place: '[1]/AllowedMethods[1]', write: 'GET' },
    ]);
  });

  test('a single rule means a list of one', () => {
    expect(ruleSetOf(JSON.stringify({ CORSRule: ossRule }))).toEqual(ruleSetOf(oss({})));
    expect(ruleSetOf(JSON.stringify({ CORSRules: rule }))).toEqual(ruleSetOf(s3({})));
  });

  test('numbers and booleans may be quoted', () => {
    expect(ruleSetOf(s3({ MaxAgeSeconds: ' 60 ' })).rules[0]?.maxAgeSeconds).toBe(60);
    expect(ruleSetOf(oss({ ResponseVary: 'True' })).responseVary).toBe(true);
  });

  test.each([
    [
      'a number as an origin',
      s3({ AllowedOrigins: [7] }),
      'CORSRules[1]/AllowedOrigins[1]',
      '7',
      'is a number where text is expected',
      'text',
    ],
    [
      'a list in a list',
      s3({ AllowedHeaders: ['x-a', ['x-b']] }),
      'CORSRules[1]/AllowedHeaders[2]',
      '',
      'is a list where text is expected',
      'text',
    ],
    [
      'an object as a method',
      s3({ AllowedMethods: ['GET', {}] }),
      'CORSRules[1]/AllowedMethods[2]',
      '',
      'is an object where text is expected',
      'text',
    ],
    [
      'a list as a number',
      s3({ MaxAgeSeconds: [60] }),
      'CORSRules[1]/MaxAgeSeconds',
      '',
      'is a list where a number is expected',
      'a number',
    ],
    [
      'true as a number',
      s3({ MaxAgeSeconds: true }),
      'CORSRules[1]/MaxAgeSeconds',
      'true',
      'is true or false where a number is expected',
      'a number',
    ],
    [
      'a number as an ID',
      s3({ ID: 1 }),
      'CORSRules[1]/ID',
      '1',
      'is a number where text is expected',
      'text',
    ],
    [
      'a number as ResponseVary',
      oss({ ResponseVary: 1 }),
      'ResponseVary',
      '1',
      'is a number where true or false is expected',
      'true or false',
    ],
  ])('refuses %s with what it expects', (_name, text, place, value, reason, write) => {
    expect(faultsOf(text)).toMatchObject([{ place, value, reason, write }]);
  });

  test('refuses a MaxAgeSeconds that is not a plain integer of seconds', () => {
    for (const written of ['1.5', '6e1', '60.0', '-1', '2147483648', '9'.repeat(400)]) {
      expect(faultsOf(s3({ MaxAgeSeconds: 0 }).replace(':0', `:${written}`))).toMatchObject([
        { place: 'CORSRules[1]/MaxAgeSeconds', reason: 'is not a number of seconds' },
      ]);
    }
  });

  test('refuses rules that are not objects', () => {
    expect(faultsOf('{"CORSRules":["*",null]}')).toMatchObject([
      { place: 'CORSRules[1]', reason: 'is text where a rule is expected', write: 'an object' },
      { place: 'CORSRules[2]', reason: 'is null where a rule is expected', write: 'an object' },
    ]);
  });

  test('refuses a misspelt key in a file and warns of it in a store reading', () => {
    const text = s3({ AllowedHeader: ['x-a'] });
    const place = 'CORSRules[1]/AllowedHeader';
    const fault = { place, value: 'AllowedHeader', reason: 'is an unknown key', write: 'AllowedHeaders' };
    expect(faultsOf(text)).toMatchObject([fault]);
    expect(warningsOf(text)).toMatchObject([{ ...fault, reason: 'is an unknown key and is ignored' }]);
    expect(faultsOf(oss({ ResponseVery: true }))).toMatchObject([
      { place: 'ResponseVery', write: 'ResponseVary' },
    ]);
    expect(faultsOf(JSON.stringify({ CORSRules: [rule], CORSRule: [] }))).toMatchObject([
      { place: 'CORSRule', write: 'CORSRules' },
    ]);
  });

  test.each([
    ['another object', '{"error":"AccessDenied"}'],
    ['an empty object', '{}'],
    ['a bare list without a rule', '[{"error":"AccessDenied"},"x"]'],
    ['a bare list of empty objects', '[{}]'],
  ])('refuses %s in either reading', (_name, text) => {
    for (const reading of ['strict', 'store'] as const) {
      expect(faultsOf(text, reading)).toMatchObject([
        { place: 'document', write: expect.stringMatching(/"CORSRule".*"CORSRules".*"rules".*"cors".*bare/) },
      ]);
    }
  });

  test.each(['{"CORSRules":[]}', '{"CORSRule":[]}', '{"rules":[]}', '{"cors":[]}', '[]'])(
    'reads %s from a store as no rules, and refuses it in a file',
    (text) => {
      expect(ruleSetOf(text, 'store')).toEqual(NO_RULES);
      expect(faultsOf(text)).toMatchObject([{ reason: 'has no rule' }]);
    },
  );

  test('refuses keys given twice in either reading, each with its place', () => {
    const text =
      '{"CORSRules":[\n{"AllowedOrigins":"*","AllowedMethods":"GET",\n "MaxAgeSeconds":1,"MaxAgeSeconds":2,\n "ID":"a","I\\u0044":"b"}]}';
    for (const reading of ['strict', 'store'] as const) {
      expect(faultsOf(text, reading).slice(0, 2)).toMatchObject([
        { place: 'line 3, column 20', value: 'MaxAgeSeconds', write: 'it once' },
        { place: 'line 4, column 11', value: 'ID', write: 'it once' },
      ]);
    }
  });

  test.each([
    [
      'a comma before a bracket',
      '{"CORSRules":[\n  {},\n]}',
      'line 3, column 1',
      `a value expected, found "]"`,
    ],
    ['a single quote', "{'CORSRules':[]}", 'line 1, column 2', 'a key in double quotes expected'],
    ['a comment', '{\n // rules\n}', 'line 2, column 2', 'a key in double quotes expected'],
    ['a missing colon', '{"CORSRules" []}', 'line 1, column 14', 'a colon expected'],
    ['a missing comma', '[{} {}]', 'line 1, column 5', 'a comma or ] expected'],
    ['a text cut short', '{"CORSRules":["a', 'line 1, column 15', 'a value expected'],
    ['a document cut short', '{"CORSRules":[', 'line 1, column 15', 'the text ends'],
    ['something behind', '{} {}', 'line 1, column 4', 'the end expected'],
    ['a bare line break in a text', '{"a\n":1}', 'line 1, column 2', 'control character'],
    ['an unknown escape', '{"\\x":1}', 'line 1, column 2', 'unknown escape'],
    ['a leading zero', '[01]', 'line 1, column 3', 'a comma or ] expected'],
  ])('reports the place of %s', (_name, text, place, reason) => {
    const [fault, ...more] = faultsOf(text, 'store');
    expect(more).toEqual([]);
    expect(fault?.place).toBe(place);
    expect(fault?.reason).toContain(reason);
  });
});

const plain = (json: Json): unknown => {
  if (json.kind === 'text') return json.value;
  if (json.kind === 'list') return json.items.map(plain);
  if (json.kind === 'object')
    return Object.fromEntries(json.entries.map(([key, value]) => [key, plain(value)]));
  return JSON.parse(json.value);
};

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('parseJson agrees with JSON.parse', () => {
  test('on the value of every valid text', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(0, 2), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        const read = parseJson(spaced);
        expect(read.ok && plain(read.value)).toEqual(JSON.parse(spaced));
      }),
    );
  });

  test('on which texts are valid', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '"b"',
      '1',
      '-',
      '.5',
      'e9',
      '0',
      'true',
      'null',
      ' ',
      '\n',
      '\u00a0',
      '\u0001',
      'x',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 10 }), (parts) => {
        const text = parts.join('');
        expect(parseJson(text).ok).toBe(parses(text));
      }),
      { numRuns: 3000 },
    );
  });
});
