import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../scripts/schema.ts';
import { FILE_OPTIONS, readConfigFile } from '../../src/config/file.ts';
import { numeralsBetween } from '../../src/config/numerals.ts';
import { BUCKET_OPTIONS, type OptionName, optionOf } from '../../src/config/options.ts';

const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
const validate = ajv.compile(configSchema());
const BUCKET = 'https://b.example';

/** A document whose only particular is the value of one option, or of a key of the bucket. */
const documentWith = (name: string, value: unknown) =>
  (FILE_OPTIONS as readonly string[]).includes(name)
    ? { [name]: value, buckets: { a: { bucket: BUCKET } } }
    : { buckets: { a: { bucket: BUCKET, [name]: value } } };

/** Whether the reader finds nothing wrong with this value; what it says of other options beside it does not count. */
function isRead(name: string, value: unknown): boolean {
  const read = readConfigFile(JSON.stringify(documentWith(name, value)), 'f');
  return read.ok || !read.faults.some((fault) => isAboutValue(fault.place, fault.reason, name));
}
const isAboutValue = (place: string, reason: string, name: string): boolean =>
  place.endsWith(`: ${name}`) && !BESIDE.test(reason);
/** Faults of an option beside others, which a schema of single values cannot say. */
const BESIDE =
  /^(?:has no meaning with|has a meaning only|contradicts|is not available for|would let|stands beside|is missing beside)/;

const isValid = (name: string, value: unknown): boolean => validate(documentWith(name, value));

const NAMES = [...FILE_OPTIONS, ...BUCKET_OPTIONS].filter((name) => name !== 'bucket');
/** The reader knows more of these texts than a pattern says. */
const FREE: readonly OptionName[] = [
  'rules',
  'rulesToken',
  'credentials',
  'clientKeys',
  'bucketKeys',
  'signPrefix',
  'stateDir',
  'redis',
  'ownHosts',
  'socket',
  'tlsCert',
  'tlsKey',
  'adminToken',
  'adminMetricsToken',
];

const numeral = fc
  .tuple(
    fc.constantFrom('', '0', '00', '000000000', '-', '+'),
    fc.oneof(fc.nat(), fc.nat(300), fc.nat(70_000), fc.bigInt(0n, 99_999_999_999n)),
  )
  .map(([before, number]) => `${before}${number}`);
const time = fc
  .tuple(numeral, fc.constantFrom('', 's', 'm', 'h', 'd', 'ms', 'S', ' s'))
  .map((parts) => parts.join(''));
const anyValue = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  numeral,
  time,
  fc.nat(),
  fc.integer({ min: -3, max: 300 }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(
    null,
    [],
    {},
    ['a'],
    'true',
    'false',
    'True',
    'auto',
    'none',
    'all',
    '127.0.0.1',
    '::1',
    'a b',
    ' a',
    '"a"',
    'a\n',
  ),
);

describe.each(NAMES)('%s', (name) => {
  const option = optionOf(name);
  /** Values near those that the option takes. */
  const near = fc.oneof(
    anyValue,
    fc.constantFrom(...(option.parse.words ?? []), option.example, option.default ?? ''),
  );

  test('the schema takes what the reader takes, and for an exact option nothing else', () => {
    fc.assert(
      fc.property(near, (value) => {
        const [read, valid] = [isRead(name, value), isValid(name, value)];
        if (read) expect(valid, JSON.stringify(value)).toBe(true);
        else if (!FREE.includes(name)) expect(valid, JSON.stringify(value)).toBe(false);
        // A value of a type that the option does not take is wrong for both.
        if (typeof value === 'object') expect([read, valid]).toEqual([false, false]);
      }),
      { numRuns: 100 },
    );
  });

  const { minimum, maximum } = option.parse.schema;
  if (minimum !== undefined && maximum !== undefined)
    test('schema and reader agree near its bounds, in every unit', () => {
      for (const bound of [minimum, maximum])
        for (const [unit, seconds] of Object.entries({ '': 1, s: 1, m: 60, h: 3_600, d: 86_400 }))
          for (const by of [-1, 0, 1, 2]) {
            const number = Math.floor(bound / seconds) + by;
            for (const value of [number, `${number}${unit}`, `00${number}${unit}`])
              expect(isValid(name, value), `${value}`).toBe(isRead(name, value));
          }
    });

  test('the schema takes the default and the example, as text and in their own type', () => {
    for (const text of [option.default, option.example].filter((one) => one !== null))
      expect(isValid(name, text), text).toBe(true);
    const { properties } = configSchema();
    const described = [properties, properties.buckets.additionalProperties.properties].flatMap((all) =>
      Object.entries(all).flatMap(([key, value]) =>
        key === name ? [value as { default?: unknown; examples?: unknown[] }] : [],
      ),
    );
    for (const { default: preset, examples = [] } of described)
      for (const value of preset === undefined ? examples : [preset, ...examples])
        expect(isRead(name, value), JSON.stringify(value)).toBe(true);
  });
});

const WRONG: readonly (readonly [string, unknown])[] = [
  ['port', 65_536],
  ['port', -1],
  ['port', 80.5],
  ['port', '65536'],
  ['port', true],
  ['workers', 0],
  ['workers', 257],
  ['workers', 'automatic'],
  ['connections', '100001'],
  ['rulesTtl', 0],
  ['rulesTtl', '8d'],
  ['rulesTtl', '90ms'],
  ['drain', 3601],
  ['debugReason', 'yes'],
  ['debugReason', 1],
  ['logLevel', 'warning'],
  ['vary', true],
  ['vary', 'SAFE'],
  ['stateDir', true],
  ['stateDir', 5],
  ['adminToken', 'a-token-itself'],
  ['region', 'CN'],
  ['hosts', []],
  ['hosts', [5]],
  ['prefix', '/media/'],
  ['prefix', '/a/../b'],
  ['prefix', '/%2e'],
  ['prefix', 'a'],
  ['keepPrefix', 'true'],
  ['prot', 80],
];

const RIGHT: readonly (readonly [string, unknown])[] = [
  ['port', 0],
  ['port', 65_535],
  ['port', '00080'],
  ['workers', 'auto'],
  ['workers', 256],
  ['leastRate', 1_000_000_000],
  ['rulesTtl', 1],
  ['rulesTtl', '7d'],
  ['rulesTtl', '168h'],
  ['maxStale', 0],
  ['debugReason', true],
  ['debugReason', 'true'],
  ['logLevel', 'warn'],
  ['vary', 'store'],
  ['adminToken', 'env:ADMIN_TOKEN'],
  ['hosts', 'media.example.com'],
  ['hosts', ['media.example.com', 'Media2.example.com']],
  ['prefix', '/media/a..b'],
  ['keepPrefix', true],
];

test.each(WRONG)('%s %j is wrong, for the schema and for the reader', (name, value) => {
  expect([isValid(name, value), isRead(name, value)]).toEqual([false, false]);
});

test.each(RIGHT)('%s %j is right, for the schema and for the reader', (name, value) => {
  expect([isValid(name, value), isRead(name, value)]).toEqual([true, true]);
});

test.each<[boolean, unknown]>([
  [false, {}],
  [false, { buckets: {} }],
  [false, { buckets: { a: {} } }],
  [false, { buckets: { 'a b': { bucket: BUCKET } } }],
  [false, { store: {} }],
  [false, { store: { url: 'http://127.0.0.1:9000', allow: [] } }],
  [false, { store: { url: 'http://127.0.0.1:9000', deny: ['A'] } }],
  [false, { store: { url: 'http://127.0.0.1:9000', paths: '/s3' } }],
  [false, { store: { url: 'http://127.0.0.1:9000', style: 'virtual' } }],
  [true, { store: { url: 'http://127.0.0.1:9000', paths: '/s3/{bucket}', allow: 'media-*', vary: 'store' } }],
  [true, { $schema: './bucket-cors.schema.json', buckets: { a: { bucket: './folder', preload: true } } }],
])('schema and reader agree that it is %s of a document: %j', (expected, document) => {
  const read = readConfigFile(JSON.stringify(document), 'f');
  expect([validate(document), read.ok]).toEqual([expected, expected]);
});

test('a pattern of numerals takes those between its bounds', () => {
  const bounds = fc
    .tuple(fc.nat(99_999), fc.nat(99_999))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const width = fc.integer({ min: 5, max: 9 });
  fc.assert(
    fc.property(bounds, width, fc.nat(120_000), fc.nat(6), ([least, most], digits, number, zeros) => {
      const pattern = new RegExp(`^${numeralsBetween(least, most, digits)}$`);
      for (const one of [number, least, most, least - 1, most + 1].filter((value) => value >= 0)) {
        const text = '0'.repeat(zeros) + one;
        expect(pattern.test(text), text).toBe(one >= least && one <= most && text.length <= digits);
      }
    }),
    { numRuns: 2_000 },
  );
});
