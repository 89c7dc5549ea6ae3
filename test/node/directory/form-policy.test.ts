import { describe, expect, test } from 'vitest';
import type { Dialect } from '../../../src/cors/behaviour.ts';
import { isFault, policyFault, readPolicy, sizesOf } from '../../../src/node/directory/form/policy.ts';

const NOW = Date.UTC(2026, 0, 2);
const LATER = '2026-01-02T01:00:00.000Z';

const encode = (policy: unknown): string => Buffer.from(JSON.stringify(policy)).toString('base64');

/** What a policy with these conditions says of a form. */
function said(
  conditions: readonly unknown[],
  fields: Readonly<Record<string, string>>,
  dialect: Dialect = 's3',
): string {
  const policy = readPolicy(encode({ expiration: LATER, conditions }));
  if (isFault(policy)) return policy.message;
  return policyFault(policy, new Map(Object.entries(fields)), { dialect, now: NOW })?.message ?? 'allowed';
}

const FORM = { bucket: 'media', key: 'user/a.png', 'content-type': 'image/png' };
const ALL = [{ bucket: 'media' }, ['starts-with', '$key', 'user/'], ['starts-with', '$Content-Type', '']];

describe('a policy', () => {
  test.each<[string, readonly unknown[], Readonly<Record<string, string>>, string]>([
    ['its own form', ALL, FORM, 'allowed'],
    [
      'names in other letter case',
      [{ BUCKET: 'media' }, ['eq', '$KEY', 'user/a.png'], ['eq', '$content-TYPE', 'image/png']],
      FORM,
      'allowed',
    ],
    [
      'another bucket',
      [{ bucket: 'other' }, ...ALL],
      FORM,
      'Invalid according to Policy: Policy Condition failed: ["eq","$bucket","other"]',
    ],
    [
      'a key elsewhere',
      ALL,
      { ...FORM, key: 'other/user/a' },
      'Invalid according to Policy: Policy Condition failed: ["starts-with","$key","user/"]',
    ],
    [
      'a missing field',
      [...ALL, { acl: 'private' }],
      FORM,
      'Invalid according to Policy: Policy Condition failed: ["eq","$acl","private"]',
    ],
    ['a listed type', [...ALL, ['in', '$content-type', ['image/png']]], FORM, 'allowed'],
    [
      'an unlisted type',
      [...ALL, ['in', '$content-type', ['image/jpg']]],
      FORM,
      'Invalid according to Policy: Policy Condition failed: ["in","$content-type",["image/jpg"]]',
    ],
    [
      'an excluded type',
      [...ALL, ['not-in', '$content-type', ['image/png']]],
      FORM,
      'Invalid according to Policy: Policy Condition failed: ["not-in","$content-type",["image/png"]]',
    ],
    [
      'a field without a condition',
      ALL,
      { ...FORM, acl: 'public-read' },
      'Invalid according to Policy: Extra input fields: acl',
    ],
    [
      'fields that need no condition',
      ALL,
      { ...FORM, policy: 'p', 'x-amz-signature': 's', 'x-ignore-a': '' },
      'allowed',
    ],
  ])('is asked for %s', (_, conditions, fields, answer) => expect(said(conditions, fields)).toBe(answer));

  test('of OSS needs no condition for each field', () => {
    expect(said(ALL, { ...FORM, 'x-oss-meta-a': 'b' }, 'oss')).toBe('allowed');
  });

  test('ends', () => {
    const policy = readPolicy(encode({ expiration: '2026-01-01T23:59:59Z', conditions: [] }));
    if (isFault(policy)) throw new Error(policy.message);
    expect(policyFault(policy, new Map(), { dialect: 'oss', now: NOW })).toEqual({
      code: 'AccessDenied',
      message: 'Invalid according to Policy: Policy expired.',
    });
  });

  test('has the narrowest of its sizes', () => {
    const conditions = [
      ['content-length-range', 1, 10],
      ['content-length-range', '2', '20'],
    ];
    const policy = readPolicy(encode({ expiration: LATER, conditions }));
    if (isFault(policy)) throw new Error(policy.message);
    expect(sizesOf(policy)).toEqual({ least: 2, most: 10 });
    expect(sizesOf({ expiration: 0, conditions: [] })).toEqual({ least: 0, most: 5 * 1024 ** 3 });
  });

  test.each<readonly [string, string]>([
    ['no JSON', Buffer.from('{').toString('base64')],
    ['a text', encode('x')],
    ['null', encode(null)],
    ['no expiration', encode({ conditions: [] })],
    ['an expiration that is no time', encode({ expiration: 'tomorrow', conditions: [] })],
    ['an expiration without its zone', encode({ expiration: '2026-01-02T01:00:00', conditions: [] })],
    ['no conditions', encode({ expiration: LATER })],
    [
      'lists nested deeper than the stack',
      Buffer.from(`{"expiration":"${LATER}","conditions":[${'['.repeat(1e5)}${']'.repeat(1e5)}]}`).toString(
        'base64',
      ),
    ],
    ...[
      [],
      ['eq', '$key'],
      ['eq', 'key', 'a'],
      ['eq', '$key', 1],
      ['like', '$key', 'a'],
      ['content-length-range', -1, 5],
      ['content-length-range', 'a', 5],
      ['in', '$key', 'a'],
      'x',
      1,
      null,
      { key: 1 },
    ].map(
      (condition) =>
        [
          `the condition ${JSON.stringify(condition)}`,
          encode({ expiration: LATER, conditions: [condition] }),
        ] as const,
    ),
  ])('with %s is invalid', (_, encoded) =>
    expect(readPolicy(encoded)).toMatchObject({ code: 'InvalidPolicyDocument' }),
  );
});
