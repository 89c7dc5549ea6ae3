import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_RULES, type Rule, type RuleSet } from '../../src/cors/rule.ts';
import { type WriteOptions, type WrittenForm, writeDocument } from '../../src/document/write.ts';
import { ruleSet } from './_arbitrary.ts';
import { ruleSetOf, warningsOf } from './_help.ts';
import { one, refusedFor, rule, written } from './_written.ts';

const withoutIds = (set: RuleSet): RuleSet => ({
  ...set,
  rules: set.rules.map(({ id: _, ...rest }) => rest),
});
const lower = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.map((name) => name.toLowerCase()));

describe('a strict reading of a written document gives the rule set back', () => {
  test.each(['xml', 'oss-json'] as const)('from %s, for every rule set', (form) => {
    fc.assert(
      fc.property(ruleSet, (set) => {
        const { text } = written(set, form);
        expect(ruleSetOf(text)).toEqual(form === 'xml' ? set : withoutIds(set));
        expect(warningsOf(text, 'strict')).toEqual([]);
      }),
    );
  });

  test.each(['s3-json', 'r2'] as const)('from %s, for every rule set without ResponseVary', (form) => {
    fc.assert(
      fc.property(ruleSet, (set) => {
        expect(refusedFor(set, form)).toHaveLength(set.responseVary ? 1 : 0);
        const plain = { ...set, responseVary: false };
        const { text } = written(plain, form);
        expect(ruleSetOf(text)).toEqual(plain);
        expect(warningsOf(text, 'strict')).toEqual([]);
      }),
    );
  });

  test('from gcs, if each rule allows and exposes the same headers', () => {
    const alike = ruleSet.map((set) => ({
      responseVary: false,
      rules: set.rules.map((each) => ({
        ...each,
        allowedHeaders: each.exposeHeaders.map((name) => name.toUpperCase()).reverse(),
      })),
    }));
    fc.assert(
      fc.property(alike, (set) => {
        const { text } = written(set, 'gcs');
        const found = ruleSetOf(text);
        expect(warningsOf(text, 'strict')).toEqual([]);
        const lists = (rules: readonly Rule[]) =>
          rules.map((each) => ({ ...each, allowedHeaders: lower(each.allowedHeaders) }));
        expect(lists(found.rules)).toEqual(lists(withoutIds(set).rules));
      }),
    );
  });

  test('from gcs, or it is refused: never with a header that is allowed or exposed in addition', () => {
    fc.assert(
      fc.property(ruleSet, (set) => {
        const sayable = set.rules.every(({ allowedHeaders, exposeHeaders }) => {
          const [allowed, exposed] = [lower(allowedHeaders), lower(exposeHeaders)];
          return allowed.size === exposed.size && [...allowed].every((name) => exposed.has(name));
        });
        expect(writeDocument(set, 'gcs').ok).toBe(sayable && !set.responseVary);
      }),
    );
  });
});

describe('a form that cannot say the rules refuses them', () => {
  test.each<[string, RuleSet, WrittenForm, WriteOptions, object]>([
    [
      'without a rule',
      NO_RULES,
      'gcs',
      {},
      { place: 'rules', write: 'gcloud storage buckets update --clear-cors' },
    ],
    ['without a rule', NO_RULES, 's3-json', {}, { place: 'rules', write: 'aws s3api delete-bucket-cors' }],
    [
      'with more rules than a reader takes',
      { rules: Array.from({ length: 101 }, () => rule), responseVary: false },
      'xml',
      {},
      { code: 'BC012', place: 'rules', value: '101' },
    ],
    ...(['s3-json', 'r2', 'gcs'] as const).map(
      (form): [string, RuleSet, WrittenForm, WriteOptions, object] => [
        'with ResponseVary',
        one({}, true),
        form,
        {},
        {
          place: 'responseVary',
          value: 'true',
          reason: expect.stringContaining('only OSS has ResponseVary'),
        },
      ],
    ),
    ['with ResponseVary for S3', one({}, true), 'xml', { store: 's3' }, { place: 'responseVary' }],
    ['with ResponseVary for S3', one({}, true), 'terraform', { store: 's3' }, { place: 'responseVary' }],
    [
      'with a wildcard for request headers',
      one({ allowedHeaders: ['X-A', 'x-*'] }),
      'gcs',
      {},
      {
        place: 'rules[1]/allowedHeaders[2]',
        value: 'x-*',
        reason: expect.stringContaining('could expose all'),
      },
    ],
    [
      'with a header that is only allowed',
      one({ allowedHeaders: ['x-a', 'x-b'] }),
      'gcs',
      {},
      {
        place: 'rules[1]/allowedHeaders[2]',
        value: 'x-b',
        reason: expect.stringContaining('would expose x-b'),
      },
    ],
    [
      'with a header that is only exposed',
      one({ exposeHeaders: ['ETag', 'x-a'] }),
      'gcs',
      {},
      {
        place: 'rules[1]/exposeHeaders[1]',
        value: 'ETag',
        reason: expect.stringContaining('would allow ETag'),
      },
    ],
    [
      'with the place in the document they come from',
      one({ allowedHeaders: ['*', 'x-a'] }),
      'gcs',
      { placeOf: (number, field, index) => `CORSRule[${number}]/${field}[${index}]` },
      { place: 'CORSRule[1]/allowedHeaders[1]', value: '*' },
    ],
  ])('%s: %j as %s', (_name, set, form, options, fault) => {
    const faults = refusedFor(set, form, options);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ ...fault, severity: 'error' });
  });
});

describe('a note says what a document does not carry', () => {
  test.each(['oss-json', 'gcs', 'terraform'] as const)('the ID in %s', (form) => {
    expect(written(one({}), form, { bucket: 'b' }).notes).toMatchObject([
      {
        severity: 'note',
        place: 'rules[1]/id',
        value: 'uploads',
        reason: expect.stringMatching(/^is left out/),
      },
    ]);
  });

  test.each(['xml', 's3-json', 'r2'] as const)('but nothing in %s', (form) => {
    expect(written(one({}), form).notes).toEqual([]);
    expect(written(one({}), 'terraform', { store: 's3', bucket: 'b' }).notes).toEqual([]);
  });

  test('what Terraform adds: an age of 0, and the name of the bucket', () => {
    const { maxAgeSeconds: _, ...ageless } = rule;
    const { notes } = written({ rules: [ageless], responseVary: false }, 'terraform', { store: 's3' });
    expect(notes).toMatchObject([
      { place: 'rules[1]/maxAgeSeconds', reason: expect.stringContaining('sends 0') },
      { place: 'bucket', value: 'my-bucket', write: 'the name of the bucket' },
    ]);
  });
});
