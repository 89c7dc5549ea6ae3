import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { METHODS } from '../../src/cors/rule.ts';
import { readDocument } from '../../src/document/read.ts';
import { faultsOf, fixture, ruleSetOf, warningsOf } from './_help.ts';

const r2Rule = { allowed: { origins: ['https://a.example'], methods: ['GET'] } };
const r2 = (fields: object): string => JSON.stringify({ rules: [{ ...r2Rule, ...fields }] });
const gcsRule = { origin: ['https://a.example'], method: ['GET'] };
const gcs = (fields: object): string => JSON.stringify({ cors: [{ ...gcsRule, ...fields }] });
/** The same rules as the bare list. */
const bare = (text: string): string => JSON.stringify(Object.values(JSON.parse(text) as object)[0]);

const plain = {
  allowedOrigins: ['https://a.example'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
};

describe('the JSON of Cloudflare R2', () => {
  const meant = {
    rules: [
      {
        id: 'uploads',
        allowedOrigins: ['https://app.example', 'http://localhost:3000'],
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['content-type', 'x-requested-by'],
        exposeHeaders: ['ETag', 'Content-Encoding'],
        maxAgeSeconds: 3600,
      },
      { ...plain, allowedOrigins: ['*'] },
    ],
    responseVary: false,
  };

  test.each([
    ['with its key', fixture('r2.json')],
    ['as a bare list', bare(fixture('r2.json'))],
  ])('is read %s, in either reading and without a warning', (_name, text) => {
    for (const reading of ['strict', 'store'] as const) {
      expect(ruleSetOf(text, reading)).toEqual(meant);
      expect(warningsOf(text, reading)).toEqual([]);
    }
  });

  test.each([
    [
      'a method in lower case',
      r2({ allowed: { origins: ['*'], methods: ['GET', 'put'] } }),
      { place: 'rules[1]/allowed/methods[2]', value: 'put', write: 'PUT' },
    ],
    [
      'a wildcard for methods, which this form does not define',
      r2({ allowed: { origins: ['*'], methods: ['*'] } }),
      {
        place: 'rules[1]/allowed/methods[1]',
        value: '*',
        reason: 'is not allowed: a method takes no wildcard',
      },
    ],
    [
      'OPTIONS',
      r2({ allowed: { origins: ['*'], methods: ['GET', 'OPTIONS'] } }),
      { place: 'rules[1]/allowed/methods[2]', value: 'OPTIONS' },
    ],
    [
      'a wildcard to expose',
      r2({ exposeHeaders: ['ETag', '*'] }),
      {
        place: 'rules[1]/exposeHeaders[2]',
        value: '*',
        reason: 'is not allowed: an exposed header takes no wildcard',
      },
    ],
    [
      'two wildcards in a header',
      r2({ allowed: { ...r2Rule.allowed, headers: ['x-*-*'] } }),
      { place: 'rules[1]/allowed/headers[1]', value: 'x-*-*' },
    ],
    ['a negative age', r2({ maxAgeSeconds: -1 }), { place: 'rules[1]/maxAgeSeconds', value: '-1' }],
    [
      'a key of S3',
      r2({ AllowedHeaders: ['x-a'] }),
      { place: 'rules[1]/AllowedHeaders', value: 'AllowedHeaders', reason: 'is an unknown key' },
    ],
    [
      'a misspelt key inside allowed',
      r2({ allowed: { ...r2Rule.allowed, header: ['x-a'] } }),
      { place: 'rules[1]/allowed/header', value: 'allowed/header', write: 'allowed/headers' },
    ],
    [
      'a key that only looks like a path',
      r2({ 'allowed/headers': ['x-a'] }),
      {
        place: 'rules[1]/allowed/headers',
        reason: 'is an unknown key',
        write: '{"allowed": {"headers": […]}}',
      },
    ],
    [
      'a second level of allowed',
      r2({ allowed: { ...r2Rule.allowed, allowed: { origins: ['*'] } } }),
      { place: 'rules[1]/allowed/allowed', reason: 'is an unknown key' },
    ],
    ['ResponseVary', r2({}).replace('{', '{"ResponseVary":true,'), { place: 'ResponseVary' }],
  ])('refuses %s, with a place in the names of the form', (_name, text, fault) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject(fault);
  });

  test('names the places of the missing fields of a rule', () => {
    expect(faultsOf('{"rules":[{"id":"a","allowed":{"origin":"*"}}]}')).toMatchObject([
      { place: 'rules[1]/allowed/origins', reason: 'is missing; allowed/origin is not a known key' },
      { place: 'rules[1]/allowed/methods', write: 'at least one allowed/methods, such as GET' },
      { place: 'rules[1]/allowed/origin', write: 'allowed/origins' },
    ]);
    expect(faultsOf(bare(r2({ allowed: 'all' })))).toMatchObject([
      { place: '[1]/allowed', reason: 'is text where an object is expected', write: 'an object' },
      { place: '[1]/allowed/origins', reason: 'is missing' },
      { place: '[1]/allowed/methods', reason: 'is missing' },
    ]);
  });
});

describe('the JSON of Google Cloud Storage', () => {
  test('is read, with its one list of headers both allowed and exposed', () => {
    const both = ['Content-Type', 'x-goog-resumable'];
    const meant = {
      rules: [
        {
          allowedOrigins: ['https://app.example'],
          allowedMethods: ['GET', 'PUT'],
          allowedHeaders: both,
          exposeHeaders: both,
          maxAgeSeconds: 3600,
        },
        { ...plain, allowedOrigins: ['*'], allowedMethods: METHODS },
      ],
      responseVary: false,
    };
    for (const text of [fixture('gcs.json'), bare(fixture('gcs.json'))]) {
      for (const reading of ['strict', 'store'] as const) {
        expect(ruleSetOf(text, reading)).toEqual(meant);
        expect(warningsOf(text, reading)).toEqual([]);
      }
    }
  });

  test("gcloud's bare list: wildcards allow headers but expose none, OPTIONS is dropped, and both get a warning", () => {
    const text = fixture('gcloud.json');
    for (const reading of ['strict', 'store'] as const) {
      expect(ruleSetOf(text, reading).rules).toEqual([
        {
          allowedOrigins: ['*'],
          allowedMethods: ['GET', 'HEAD'],
          allowedHeaders: ['*', 'ETag', 'x-goog-*'],
          exposeHeaders: ['ETag'],
          maxAgeSeconds: 3600,
        },
      ]);
      expect(warningsOf(text, reading)).toMatchObject([
        { place: '[1]/method[3]', value: 'OPTIONS', reason: expect.stringContaining('no effect') },
        { place: '[1]/responseHeader[1]', value: '*', reason: expect.stringContaining('exposes no') },
        { place: '[1]/responseHeader[3]', value: 'x-goog-*', reason: expect.stringContaining('exposes no') },
      ]);
    }
  });

  test('a wildcard beside named methods adds each other method once', () => {
    expect(ruleSetOf(gcs({ method: ['PUT', '*'] })).rules[0]?.allowedMethods).toEqual([
      'PUT',
      ...METHODS.filter((method) => method !== 'PUT'),
    ]);
  });

  test.each([
    ['a method in lower case', gcs({ method: ['get'] }), { place: 'cors[1]/method[1]', write: 'GET' }],
    ['a method that HTTP does not define', gcs({ method: ['GET', 'GTE'] }), { place: 'cors[1]/method[2]' }],
    [
      'OPTIONS alone',
      gcs({ method: ['OPTIONS'] }),
      {
        place: 'cors[1]/method',
        reason: 'is missing: OPTIONS is left out',
        write: 'at least one method, such as GET',
      },
    ],
    [
      'two names in one header, reported once though the list has both meanings',
      gcs({ responseHeader: ['x-a, x-b'] }),
      { place: 'cors[1]/responseHeader[1]', value: 'x-a, x-b' },
    ],
    [
      'two wildcards in a header',
      gcs({ responseHeader: ['*-*'] }),
      { place: 'cors[1]/responseHeader[1]', reason: 'contains more than one *' },
    ],
    [
      'an ID, which this form does not have',
      gcs({ id: 'a' }),
      { place: 'cors[1]/id', reason: 'is an unknown key' },
    ],
    [
      'a misspelt key',
      gcs({ responseHeaders: ['x-a'] }),
      { place: 'cors[1]/responseHeaders', write: 'responseHeader' },
    ],
    ['an age in words', gcs({ maxAgeSeconds: 'soon' }), { place: 'cors[1]/maxAgeSeconds', value: 'soon' }],
  ])('refuses %s, with a place in the names of the form', (_name, text, fault) => {
    const faults = faultsOf(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject(fault);
  });
});

describe('the keys of the rules decide the form of a bare list', () => {
  test.each([
    ['S3', '[{"AllowedOrigins":"*","AllowedMethods":"get"}]', '[1]/AllowedMethods[1]'],
    ['R2', '[{"allowed":{"origins":"*","methods":"get"}}]', '[1]/allowed/methods[1]'],
    ['GCS', '[{"origin":"*","method":"get"}]', '[1]/method[1]'],
    ['GCS, with a key that R2 has too', '[{"maxAgeSeconds":1,"origin":"*","method":"get"}]', '[1]/method[1]'],
    ['GCS, the first item not being a rule', '[7,{"origin":"*","method":"GET"}]', '[1]'],
    ['S3, every key misspelt', '[{"AllowedOrigin":"*","AllowedMethod":"GET"}]', '[1]/AllowedOrigins'],
    ['S3, without an object in the list', '["*"]', '[1]'],
  ])('%s: faults have places in its names', (_name, text, place) => {
    expect(faultsOf(text)[0]).toMatchObject({ place });
  });

  test('rules of two forms are not mixed: the keys of the rarer form are faults', () => {
    const text = JSON.stringify([gcsRule, gcsRule, r2Rule]);
    expect(faultsOf(text).map(({ place }) => place)).toEqual(['[3]/origin', '[3]/method', '[3]/allowed']);
  });
});

describe('any document of R2 or GCS', () => {
  const value = fc.constantFrom(
    '*',
    'a*',
    '*-*',
    'x-a',
    'ETag',
    'GET',
    'put',
    'OPTIONS',
    'https://a.example',
    '',
  );
  const list = fc.array(value, { maxLength: 4 });
  const r2Rules = fc.record(
    {
      allowed: fc.record({ origins: list, methods: list, headers: list }, { requiredKeys: [] }),
      exposeHeaders: list,
    },
    { requiredKeys: [] },
  );
  const gcsRules = fc.record({ origin: list, method: list, responseHeader: list }, { requiredKeys: [] });
  const documents = fc.oneof(
    fc.array(r2Rules, { maxLength: 3 }).map((rules) => ({ rules })),
    fc.array(gcsRules, { maxLength: 3 }).map((cors) => ({ cors })),
    fc.array(fc.oneof(r2Rules, gcsRules), { maxLength: 3 }),
  );

  test('exposes headers only by their full names, and a valid file means the same in a store reading', () => {
    fc.assert(
      fc.property(
        documents.map((document) => JSON.stringify(document)),
        (text) => {
          const strict = readDocument(text, 'strict');
          const store = readDocument(text, 'store');
          if (strict.ok) expect(store).toMatchObject({ ok: true, ruleSet: strict.ruleSet });
          else expect(strict.faults.length).toBeGreaterThan(0);
          for (const rule of store.ok ? store.ruleSet.rules : []) {
            expect(rule.allowedOrigins.length * rule.allowedMethods.length).toBeGreaterThan(0);
            for (const name of rule.exposeHeaders)
              expect(text.includes(`"${name}"`) && !name.includes('*')).toBe(true);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('loses no rule without a fault', () => {
    fc.assert(
      fc.property(fc.array(gcsRules, { minLength: 1, maxLength: 3 }), (cors) => {
        const read = readDocument(JSON.stringify({ cors }), 'strict');
        if (read.ok) expect(read.ruleSet.rules).toHaveLength(cors.length);
      }),
      { numRuns: 1000 },
    );
  });
});
