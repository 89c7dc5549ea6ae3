import { describe, expect, test } from 'vitest';
import { type CompiledRules, compileRules } from '../../src/cors/compile.ts';
import type { Facts } from '../../src/cors/decide.ts';
import { alibabaEsa } from '../../src/export/alibaba-esa/alibaba-esa.ts';
import { evaluate } from '../../src/export/alibaba-esa/expression.ts';
import type { HeaderRule } from '../../src/export/alibaba-esa/rules.ts';
import type { Deployed } from '../../src/export/deployed.ts';
import { differenceOf, type Outcome, outcomeOf } from '../../src/export/outcome.ts';
import { requestsFor } from '../../src/export/requests.ts';
import type { Written } from '../../src/export/target.ts';
import { writtenFor } from './_proofs.ts';
import { behaviourOf, rule, ruleSets } from './_rule-sets.ts';

const isRules = ({ files }: Written): boolean => files[0]?.name === 'cors.json';
const written = ruleSets().map(({ name, rules }) => ({ name, rules, export: writtenFor(alibabaEsa, rules) }));
const byRules = written.filter((one) => isRules(one.export));
const byFunction = written.filter((one) => !isRules(one.export));

const rulesOf = ({ files }: Written): readonly HeaderRule[] => JSON.parse(files[0]?.text ?? '');

function deployed(rules: readonly HeaderRule[]): Deployed {
  const read = alibabaEsa.read(JSON.stringify(rules));
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.value;
}

/** CORS headers that a bucket might send by other rules. */
const OWN: Outcome['headers'] = [
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', 'x-bucket'],
  ['Access-Control-Allow-Credentials', 'true'],
  ['Vary', 'Accept-Encoding, Origin'],
];

/** How many answers differ from the engine's. The bucket answers preflights by the same rules, and others in any way. */
function differencesOf(rules: CompiledRules, site: Deployed): readonly string[] {
  return requestsFor(rules, 500, 14).flatMap((request) => {
    const expected = outcomeOf(rules, request, ['Accept-Encoding, Origin']);
    const bucket = request.method === 'OPTIONS' ? expected : { status: null, headers: OWN };
    const what = differenceOf(rules, request, expected, site.answer(request, bucket), 'same verdict');
    return what === null ? [] : [`${JSON.stringify(request)}: ${what}`];
  });
}

const oss = (responseVary: boolean, ...rules: Parameters<typeof rule>[0][]): CompiledRules =>
  compileRules({ rules: rules.map(rule), responseVary }, behaviourOf('oss'));
const STAR = oss(
  false,
  { allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'], exposeHeaders: ['ETag'], maxAgeSeconds: 60 },
  { allowedOrigins: ['*'], allowedMethods: ['PUT'] },
);

describe('response-header rules', () => {
  test.each(byRules)('answer like the edge: $name', ({ rules, export: one }) => {
    expect(one.grade).toBe('same verdict');
    expect(differencesOf(rules, deployed(rulesOf(one)))).toEqual([]);
  });

  test('are written where every origin gets the same, and a function elsewhere', () => {
    expect(byRules.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['static site, OSS', 'static site, S3', 'no rules, OSS']),
    );
    expect(byFunction.length).toBeGreaterThan(30);
    expect(byFunction.every((one) => one.export.grade === 'equal')).toBe(true);
    expect(isRules(writtenFor(alibabaEsa, STAR))).toBe(true);
    // The rule would write Vary in place of the bucket's own.
    expect(
      isRules(writtenFor(alibabaEsa, oss(true, { allowedOrigins: ['*'], allowedMethods: ['GET'] }))),
    ).toBe(false);
  });

  test('have the form that the API wants', () => {
    expect(rulesOf(writtenFor(alibabaEsa, STAR))).toEqual([
      {
        RuleName: 'cors_1',
        RuleEnable: 'on',
        Rule: '(http.request.method in {"GET" "HEAD"})',
        Sequence: 1,
        ResponseHeaderModification: [
          { Name: 'Access-Control-Allow-Origin', Operation: 'add', Type: 'static', Value: '*' },
          { Name: 'Access-Control-Allow-Methods', Operation: 'add', Type: 'static', Value: 'GET, HEAD' },
          { Name: 'Access-Control-Allow-Headers', Operation: 'del' },
          { Name: 'Access-Control-Expose-Headers', Operation: 'add', Type: 'static', Value: 'ETag' },
          { Name: 'Access-Control-Max-Age', Operation: 'add', Type: 'static', Value: '60' },
          { Name: 'Access-Control-Allow-Credentials', Operation: 'del' },
        ],
      },
      expect.objectContaining({ RuleName: 'cors_2', Rule: '(http.request.method in {"PUT"})', Sequence: 2 }),
      expect.objectContaining({
        RuleName: 'cors_others',
        Rule: '(not http.request.method in {"GET" "PUT" "HEAD" "OPTIONS"})',
        Sequence: 3,
      }),
    ]);
  });

  test.each<[string, (rules: readonly HeaderRule[]) => readonly HeaderRule[]]>([
    ['applies to every method', ([one, ...rest]) => [{ ...(one as HeaderRule), Rule: 'true' }, ...rest]],
    ['forgets HEAD', (rules) => JSON.parse(JSON.stringify(rules).replace(' \\"HEAD\\"}', '}'))],
    ['writes over preflights', (rules) => JSON.parse(JSON.stringify(rules).replaceAll(' \\"OPTIONS\\"', ''))],
    ["leaves the bucket's headers", (rules) => rules.slice(0, -1)],
    [
      "leaves the bucket's exposed headers",
      (rules) => JSON.parse(JSON.stringify(rules).replaceAll('Expose-Headers', 'Expose')),
    ],
    ['exposes more', (rules) => JSON.parse(JSON.stringify(rules).replace('ETag', 'ETag, x-more'))],
    ['is off', (rules) => JSON.parse(JSON.stringify(rules).replace('"on"', '"off"'))],
    [
      'applies in another order',
      (rules) => rules.map((one) => ({ ...one, Rule: one.Sequence === 3 ? 'true' : one.Rule })),
    ],
  ])('are caught when an exporter %s', (_, change) => {
    const rules = rulesOf(writtenFor(alibabaEsa, STAR));
    expect(differencesOf(STAR, deployed(rules))).toEqual([]);
    expect(change(rules)).not.toEqual(rules);
    expect(differencesOf(STAR, deployed(change(rules))).length).toBeGreaterThan(0);
  });
});

const ASKED: Facts = {
  method: 'GET',
  origin: 'https://a.example',
  requestMethod: null,
  requestHeaders: null,
};

describe('an expression', () => {
  test.each<[string, boolean | null]>([
    ['true', true],
    ['(http.request.method eq "GET")', true],
    ['(http.request.method ne "GET")', false],
    ['http.request.method in {"PUT" "GET"}', true],
    ['(not http.request.method in {"PUT" "GET"})', false],
    ['(http.request.method eq "PUT" or http.request.headers["origin"] eq "https://a.example")', true],
    ['(http.request.method eq "GET") and (http.request.headers["Origin"] contains "b.example")', false],
    [
      '(starts_with(http.request.headers["origin"], "https://") and ends_with(http.request.headers["origin"], ".example"))',
      true,
    ],
    ['(exists(http.request.headers["access-control-request-method"]))', false],
    ['(http.request.method eq "GET" and http.host eq "a.example")', null],
    ['(http.request.method eq "PUT" and http.host eq "a.example")', false],
    ['(http.request.method eq "GET" or http.host eq "a.example")', true],
    ['(http.request.headers["origin"] matches ".*")', null],
    ['(http.request.method eq', null],
    ['(http.request.method eq "GET"', null],
    [')', null],
    ['', null],
  ])('%s', (text, expected) => {
    expect(evaluate(text, ASKED)).toBe(expected);
  });
});

describe('a deployed site is read', () => {
  test('from what the API answers', () => {
    const Configs = rulesOf(writtenFor(alibabaEsa, STAR)).map((one, at) => ({
      ...one,
      ConfigId: 35_281_609_698_300 + at,
      ConfigType: 'rule',
      SiteVersion: 0,
    }));
    const read = alibabaEsa.read(JSON.stringify({ TotalCount: Configs.length, Configs }));
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    expect(differencesOf(STAR, read.value)).toEqual([]);
    expect(read.value).toMatchObject({ isExact: false, isEdited: false });
    expect(read.value.notes).toHaveLength(1);
  });

  test('with its global configuration first, and notes on what it does not follow', () => {
    const add = (Value: string, Type = 'static') => [
      { Name: 'access-control-allow-origin', Operation: 'add', Type, Value },
    ];
    const Configs = [
      {
        RuleName: 'one',
        RuleEnable: 'on',
        Rule: '(http.host eq "a")',
        Sequence: 1,
        ResponseHeaderModification: add('https://a.example'),
      },
      { ConfigType: 'global', ResponseHeaderModification: add('http.request.headers["origin"]', 'dynamic') },
    ];
    const read = alibabaEsa.read(JSON.stringify({ Configs }));
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    expect(read.value.answer(ASKED).headers).toEqual([['access-control-allow-origin', 'https://a.example']]);
    expect(read.value.rules.rules[0]?.allowedOrigins).toEqual(['*', 'https://a.example']);
    expect(read.value.notes.join(' ')).toMatch(/"one" compares more.*computes/s);
  });

  test('not from another text', () => {
    for (const text of ['', '{}', '[1]', '{"Configs":[{}]}']) expect(alibabaEsa.read(text).ok).toBe(false);
    expect(alibabaEsa.read('{"TotalCount":3,"Configs":[]}')).toMatchObject({
      faults: [{ reason: 'has 0 of 3 rules', write: expect.stringContaining('PageSize') }],
    });
  });

  test.each(byFunction.slice(0, 8))('from its function: $name', ({ export: one }) => {
    const text = one.files[0]?.text ?? '';
    const read = alibabaEsa.read(text);
    expect(read).toMatchObject({ ok: true, value: { isExact: true, isEdited: false } });
    const edited = alibabaEsa.read(text.replace('403', '400'));
    expect(edited).toMatchObject({ ok: true, value: { isEdited: true } });
  });
});

test('header rules cannot be proved by a program, and functions can', () => {
  for (const { export: one } of written) expect(one.unprovable).toBe(isRules(one) ? true : undefined);
});
