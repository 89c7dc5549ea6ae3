import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bearerOf, isSameToken, passwordOf, tokenFault } from '../../src/admin/token.ts';

describe('the token of an Authorization header', () => {
  test.each([
    ['Bearer abc', 'abc'],
    ['bearer  abc ', 'abc'],
    ['Bearer', null],
    ['Bearer a b', null],
    ['Basic abc', null],
    [undefined, null],
  ])('%s has the bearer token %s', (header, token) => {
    expect(bearerOf(header)).toBe(token);
  });

  test.each([
    [`Basic ${btoa('admin:abc')}`, 'abc'],
    [`basic ${btoa(':a:b')}`, 'a:b'],
    [`Basic ${btoa('abc')}`, null],
    ['Basic %%', null],
    ['Basic A', null],
    ['Bearer abc', null],
    [undefined, null],
  ])('%s has the password %s', (header, password) => {
    expect(passwordOf(header)).toBe(password);
  });

  test('any token is read back, as a bearer token and as a password', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
          minLength: 16,
        }),
        (token) => {
          expect(tokenFault(token)).toBe(null);
          expect(bearerOf(`Bearer ${token}`)).toBe(token);
          expect(passwordOf(`Basic ${btoa(`user:${token}`)}`)).toBe(token);
        },
      ),
    );
  });
});

test.each([
  '',
  'short',
  '123456789012345',
  'with a blank inside',
  'ünïcödé-ünïcödé-ünïcödé',
  `line\n${'a'.repeat(20)}`,
])('%j cannot be a token', (text) => {
  expect(tokenFault(text)).toMatchObject({ write: expect.stringContaining('16') });
});

test('a token is the same as itself alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (one, other) => {
      expect(await isSameToken(one, one)).toBe(true);
      expect(await isSameToken(one, other)).toBe(one === other);
      expect(await isSameToken(one, `${one}x`)).toBe(false);
    }),
  );
});
