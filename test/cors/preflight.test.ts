import { describe, expect, test } from 'vitest';
import type { Dialect } from '../../src/cors/behaviour.ts';
import { missingBucket, unavailableRules } from '../../src/cors/compile.ts';
import { decide, type Facts } from '../../src/cors/decide.ts';
import { refusal } from '../../src/cors/refusal.ts';
import type { Refusal, Resource } from '../../src/cors/traits.ts';
import { ask, behaviour, compiled, preflight, rule } from '../helpers/rules.ts';

const A = 'https://a.example';
const none = (dialect: Dialect) => compiled([], behaviour(dialect));
const some = (dialect: Dialect) => compiled([rule({ allowedOrigins: [A] })], behaviour(dialect));
const gone = (dialect: Dialect) => missingBucket(behaviour(dialect));
const STATES = { 'no rules': none, 'rules present': some, 'no bucket': gone };

function refused(
  rules: ReturnType<typeof none>,
  facts: Facts,
  resource: Resource = 'OBJECT',
): Refusal | null {
  return refusal(rules, decide(rules, facts), facts, resource);
}

const summary = (refusal: Refusal | null) => refusal && [refusal.status, refusal.code, refusal.message];
const LACKS_ORIGIN = [400, 'BadRequest', 'Insufficient information. Origin request header needed.'];
const LACKS_METHOD = [
  400,
  'BadRequest',
  'Insufficient information. Request Access-Control-Request-Method header needed.',
];
const NOT_ENABLED = [403, 'AccessForbidden', 'CORSResponse: CORS is not enabled for this bucket.'];
const NOT_FOUND = [403, 'AccessForbidden', 'CORSResponse: Bucket not found'];
const NOT_ALLOWED = [
  403,
  'AccessForbidden',
  expect.stringMatching(/^CORSResponse: This CORS request is not allowed\. /),
];
const invalid = (method: string) => [400, 'BadRequest', `Invalid Access-Control-Request-Method: ${method}`];

describe('the answer to a preflight (semantics.md §3, second table)', () => {
  const GOOD = preflight(A, 'GET');
  const NO_ORIGIN = preflight(null, 'GET');
  const EMPTY_ORIGIN = preflight('', 'GET');
  const NO_METHOD = preflight(A, null);
  const EMPTY_METHOD = preflight(A, '');
  const STRANGER = preflight('https://b.example', 'GET');
  const LOWER = preflight(A, 'get');
  const PATCH = preflight(A, 'PATCH');
  const HEADER = preflight(A, 'GET', 'x-a');

  test.each([
    ['oss', 'rules present', 'a match is allowed', GOOD, null],
    ['oss', 'rules present', 'OPTIONS without Origin is a bad request', NO_ORIGIN, LACKS_ORIGIN],
    ['oss', 'rules present', 'an empty Origin counts as missing', EMPTY_ORIGIN, LACKS_ORIGIN],
    [
      'oss',
      'rules present',
      'OPTIONS without both headers lacks Origin first',
      preflight(null, null),
      LACKS_ORIGIN,
    ],
    [
      'oss',
      'rules present',
      'OPTIONS without the requested method is a bad request',
      NO_METHOD,
      LACKS_METHOD,
    ],
    ['oss', 'rules present', 'an empty requested method counts as missing', EMPTY_METHOD, LACKS_METHOD],
    ['oss', 'rules present', 'an origin that is not allowed is refused', STRANGER, NOT_ALLOWED],
    [
      'oss',
      'rules present',
      'a lower-case method is refused like a method that is not allowed',
      LOWER,
      NOT_ALLOWED,
    ],
    [
      'oss',
      'rules present',
      'a method outside the five is refused like one that is not allowed',
      PATCH,
      NOT_ALLOWED,
    ],
    ['oss', 'rules present', 'a header not allowed is refused', HEADER, NOT_ALLOWED],
    ['oss', 'no rules', 'CORS is not enabled', GOOD, NOT_ENABLED],
    ['oss', 'no rules', 'CORS is not enabled, also for a method outside the five', PATCH, NOT_ENABLED],
    ['oss', 'no rules', 'a missing Origin is checked first', NO_ORIGIN, LACKS_ORIGIN],
    ['oss', 'no rules', 'a missing method is checked first', NO_METHOD, LACKS_METHOD],
    ['oss', 'no bucket', 'a missing Origin is checked first', NO_ORIGIN, LACKS_ORIGIN],
    ['s3', 'rules present', 'a match is allowed', GOOD, null],
    ['s3', 'rules present', 'OPTIONS without Origin is a bad request', NO_ORIGIN, LACKS_ORIGIN],
    ['s3', 'rules present', 'an empty Origin counts as missing', EMPTY_ORIGIN, LACKS_ORIGIN],
    ['s3', 'rules present', 'OPTIONS without the requested method is invalid', NO_METHOD, invalid('null')],
    ['s3', 'rules present', 'an empty requested method is invalid', EMPTY_METHOD, invalid('null')],
    ['s3', 'rules present', 'a lower-case requested method is invalid', LOWER, invalid('get')],
    ['s3', 'rules present', 'a requested method outside the five is invalid', PATCH, invalid('PATCH')],
    [
      's3',
      'rules present',
      'an invalid method is checked before an origin that is not allowed',
      preflight('https://b.example', 'PATCH'),
      invalid('PATCH'),
    ],
    ['s3', 'rules present', 'an origin that is not allowed is refused', STRANGER, NOT_ALLOWED],
    ['s3', 'rules present', 'a header not allowed is refused', HEADER, NOT_ALLOWED],
    ['s3', 'no rules', 'CORS is not enabled', GOOD, NOT_ENABLED],
    ['s3', 'no rules', 'missing rules are checked before a missing method', NO_METHOD, NOT_ENABLED],
    ['s3', 'no rules', 'missing rules are checked before an invalid method', PATCH, NOT_ENABLED],
    ['s3', 'no rules', 'a missing Origin is checked first', NO_ORIGIN, LACKS_ORIGIN],
    ['s3', 'no bucket', 'the bucket is not found', GOOD, NOT_FOUND],
    ['s3', 'no bucket', 'a missing bucket is checked before a missing method', NO_METHOD, NOT_FOUND],
    ['s3', 'no bucket', 'a missing Origin is checked first', NO_ORIGIN, LACKS_ORIGIN],
  ] as const)('%s, %s: %s', (dialect, state, _, facts, expected) => {
    expect(summary(refused(STATES[state](dialect), facts))).toEqual(expected);
  });

  test('oss, no bucket: a preflight is refused with 403; no captured answer shows the rest', () => {
    expect(refused(gone('oss'), GOOD)).toMatchObject({ status: 403, code: 'AccessForbidden' });
  });

  test.each([
    ['OPTIONS without Origin', some, NO_ORIGIN, '0034-00000101'],
    ['OPTIONS without the method', some, NO_METHOD, '0034-00000102'],
    ['no rules', none, GOOD, '0003-00000601'],
    ['no rule matches', some, STRANGER, '0003-00000602'],
  ])('OSS adds the element EC, S3 does not: %s', (_, rules, facts, ec) => {
    expect(refused(rules('oss'), facts)?.trailer).toEqual([['EC', ec]]);
    expect(refused(rules('oss'), facts)?.details).toEqual([]);
    expect(refused(rules('s3'), facts)?.trailer).toEqual([]);
  });

  test.each([
    ['no rules, a key', none, GOOD, 'OBJECT', 'GET', 'BUCKET'],
    ['no rules, without the method', none, NO_METHOD, 'OBJECT', 'OPTIONS', 'BUCKET'],
    ['no rules, an empty method', none, EMPTY_METHOD, 'OBJECT', 'OPTIONS', 'BUCKET'],
    ['no rules, a method outside the five', none, PATCH, 'OBJECT', 'PATCH', 'BUCKET'],
    ['no rule matches, a key', some, STRANGER, 'OBJECT', 'GET', 'OBJECT'],
    ['no rule matches, the bucket', some, STRANGER, 'BUCKET', 'GET', 'BUCKET'],
    ['a header not allowed, a key', some, HEADER, 'OBJECT', 'GET', 'OBJECT'],
    ['no bucket, a key', gone, GOOD, 'OBJECT', 'GET', 'BUCKET'],
  ] as const)(
    'S3 names the method and the kind of resource: %s',
    (_, rules, facts, resource, method, type) => {
      expect(refused(rules('s3'), facts, resource)?.details).toEqual([
        ['Method', method],
        ['ResourceType', type],
      ]);
    },
  );

  test.each([
    ['OPTIONS without Origin', NO_ORIGIN],
    ['an invalid method', PATCH],
    ['no method', NO_METHOD],
  ])('S3 names neither on a 400: %s', (_, facts) => {
    expect(refused(some('s3'), facts)?.details).toEqual([]);
  });
});

describe.each(['oss', 's3'] as const)(
  '%s: an actual request is never blocked (semantics.md §3)',
  (dialect) => {
    test.each([
      ['without rules', none, ask({ origin: A })],
      ['without a bucket', gone, ask({ origin: A })],
      ['from an origin that no rule lists', some, ask({ origin: 'https://b.example' })],
      ['with a method that no rule lists', some, ask({ origin: A, method: 'DELETE' })],
      ['without Origin', some, ask()],
    ])('%s', (_, rules, facts) => {
      expect(refused(rules(dialect), facts)).toBeNull();
    });
  },
);

describe('every OPTIONS request counts as a preflight', () => {
  test.each([
    ['without Origin', preflight(null, 'GET'), 'origin_missing'],
    ['with an empty Origin', preflight('', 'GET'), 'origin_missing'],
    ['without the method', preflight(A, null), 'method_missing'],
    ['with an empty method', preflight(A, ''), 'method_missing'],
    ['with both headers', preflight(A, 'GET'), 'matched'],
  ])('%s', (_, facts, reason) => {
    for (const dialect of ['oss', 's3'] as const)
      expect(decide(some(dialect), facts)).toMatchObject({ kind: 'preflight', reason });
  });
});

describe('while the rules could not be loaded (docs/architecture.md, promise 2)', () => {
  test.each([
    ['oss: a preflight gets 503', 'oss', preflight(A, 'GET'), 503],
    ['oss: OPTIONS without Origin gets 400, as with any rules', 'oss', preflight(null, 'GET'), 400],
    ['oss: OPTIONS without the requested method gets 400, as with any rules', 'oss', preflight(A, null), 400],
    ['s3: a preflight gets 503', 's3', preflight(A, 'GET'), 503],
    ['s3: OPTIONS without Origin gets 400, as with any rules', 's3', preflight(null, 'GET'), 400],
    [
      's3: OPTIONS without the requested method gets 503, since its answer depends on the rules',
      's3',
      preflight(A, null),
      503,
    ],
    [
      's3: a preflight for an invalid method gets 503, since its answer depends on the rules',
      's3',
      preflight(A, 'PATCH'),
      503,
    ],
  ] as const)('%s', (_, dialect, facts, status) => {
    expect(refused(unavailableRules(behaviour(dialect)), facts)?.status).toBe(status);
  });

  test.each(['oss', 's3'] as const)('%s: an actual request is not refused', (dialect) => {
    expect(refused(unavailableRules(behaviour(dialect)), ask({ origin: A }))).toBeNull();
  });
});
