import { describe, expect, test } from 'vitest';
import { ALL, type Attempt, outcomeOf, signed, TEMPORARY } from './_forms.ts';

describe.each(ALL)('a request signed by %s', (form) => {
  test.each<readonly [string, Partial<Attempt>]>([
    ['is accepted', {}],
    ['is accepted with a temporary key and its token', { credentials: TEMPORARY }],
    ['is accepted for the bucket', { target: '/?cors' }],
    ['is accepted for a subresource with an empty value', { target: '/?cors=' }],
    ['is accepted with other parameters in any order', { target: '/k?z=2&versionId=x%2F%2B&a' }],
    ['is accepted with an invalid escape in the path', { target: '/100%/%zz' }],
    ['is accepted with a NUL and bytes that are not UTF-8 in the path', { target: '/a%00%C3%28%ff' }],
    ['is accepted with slashes and dots in the path', { target: '//a/../b//' }],
    ['is accepted with a plus sign in path and query', { target: '/a+b?prefix=c+d' }],
    ['is accepted with a signed Content-Type', { headers: ['Content-Type', 'application/xml'] }],
    ['is accepted with a Content-MD5', { headers: ['Content-MD5', '1B2M2Y8AsgTpgAmY7PhCfg=='] }],
    ['is accepted for PUT', { method: 'PUT' }],
  ])('%s', async (_, attempt) => expect(await outcomeOf(await signed(form, attempt))).toBe('accepted'));

  test('is accepted for any dialect', async () =>
    expect(await outcomeOf(await signed(form), { dialect: 's3' })).toBe('accepted'));
});
