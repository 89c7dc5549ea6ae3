import { describe, expect, test } from 'vitest';
import { isSigned, withoutSignature } from '../../../src/bucket/verify/verify.ts';
import { ALL, signed, TEMPORARY } from './_forms.ts';

const HOST = ['Host', 'media.example.com'];
const bare = (target: string, headers: readonly string[] = HOST) => ({ target, headers });

describe.each(ALL)('a request signed by %s', (form) => {
  test.each(['/a%20b.txt', '/?cors', '/k?b=%2f+&a&&c=&%7A', '//../x?=&x'])(
    'becomes what it was before: %s',
    async (target) => {
      const headers = ['X-Other', '1', 'Content-Type', 'a/b'];
      const sent = await signed(form, { credentials: TEMPORARY, target, headers });
      expect(isSigned(sent)).toBe(true);
      const stripped = withoutSignature(sent);
      expect(stripped.target).toBe(target);
      expect(stripped.headers.filter((_, at) => stripped.headers[at - (at % 2)] !== 'Date')).toEqual([
        ...HOST,
        ...headers,
      ]);
      expect(isSigned(stripped)).toBe(false);
    },
  );
});

test.each([
  ['any Authorization', bare('/a', ['authorization', 'Bearer x'])],
  ['an empty Authorization', bare('/a', ['AUTHORIZATION', ''])],
  ['a token of OSS', bare('/a', ['X-Oss-Security-Token', 'x'])],
  ['a token of S3', bare('/a', ['x-amz-security-token', ''])],
  ['OSSAccessKeyId', bare('/a?OSSAccessKeyId=x')],
  ['OSSAccessKeyId in another case', bare('/a?ossaccesskeyid')],
  ['Signature, encoded', bare('/a?%53ignature=x')],
  ['a lone token', bare('/a?x=1&security-token=x')],
  ['x-oss-signature', bare('/a?x-oss-signature=x')],
  ['x-oss-signature-version of another version', bare('/a?x-oss-signature-version=OSS2')],
  ['the key of OSS’s version 2', bare('/a?x-oss-access-key-id=x')],
  ['X-Amz-Signature', bare('/a?X-Amz-Signature=x')],
  ['X-Amz-Credential in capitals', bare('/a?X-AMZ-CREDENTIAL=x')],
  ['the key of S3’s version 2', bare('/a?AWSAccessKeyId=x')],
])('a request with %s counts as signed, and is not signed without it', (_, request) => {
  expect(isSigned(request)).toBe(true);
  expect(isSigned(withoutSignature(request))).toBe(false);
});

test.each([
  ['no signature', bare('/a?versionId=1')],
  ['Expires alone', bare('/a?Expires=1')],
  ['a date and a hash of the body', bare('/a', ['x-amz-date', 'x', 'x-amz-content-sha256', 'x'])],
  ['a parameter that only begins like one', bare('/a?Signatures=1&X-Amz-Signature2=1&x-oss-process=x')],
  ['a path that looks like parameters', bare('/Signature=x&X-Amz-Signature=x')],
  ['a value that looks like a parameter', bare('/a?prefix=Signature%3Dx')],
])('a request with %s does not count as signed', (_, request) => {
  expect(isSigned(request)).toBe(false);
  expect(withoutSignature(request).target).toBe(request.target);
});

test('only a signed URL loses its Expires', () => {
  expect(withoutSignature(bare('/a?Expires=1&x')).target).toBe('/a?Expires=1&x');
  expect(withoutSignature(bare('/a?Expires=1&x&Signature=y')).target).toBe('/a?x');
});
