import { describe, expect, test } from 'vitest';
import { readTarget } from '../../../src/node/directory/names.ts';

describe('a valid target', () => {
  test.each([
    ['a plain name', '/a.txt', ['a.txt']],
    ['a name in folders', '/a/b/c.txt', ['a', 'b', 'c.txt']],
    ['an encoded slash, which is a slash in OSS', '/a%2Fb', ['a', 'b']],
    ['spaces and umlauts', '/a%20%C3%A4', ['a ä']],
    ['raw bytes above ASCII, which Node decodes as Latin-1', '/\u00c3\u00a4', ['ä']],
    ['a plus, which is not a space', '/a+b', ['a+b']],
    ['a percent sign decoded once only', '/%252e%252e', ['%2e%2e']],
    ['three dots', '/...', ['...']],
    ['a dot file', '/.hidden', ['.hidden']],
    ['a query', '/a?b/../c', ['a']],
    ['an absolute form', 'http://h:80/a/b?c', ['a', 'b']],
    ['an absolute form without a path', 'http://h', []],
    ['the bucket', '/', []],
    ['the server as a whole', '*', []],
    [
      'a name of 1023 bytes',
      `/${'a'.repeat(255)}/${'b'.repeat(255)}/${'c'.repeat(255)}/${'d'.repeat(255)}`,
      undefined,
    ],
  ])('%s is read', (_, target, segments) => {
    const read = readTarget(target);
    if (segments) expect(read.segments).toEqual(segments);
    else expect(read.segments.join('/')).toHaveLength(1023);
  });
});

describe('an invalid target', () => {
  test.each([
    ['two dots', '/../a', '. or ..'],
    ['two dots inside', '/a/../b', '. or ..'],
    ['two dots at the end', '/a/..', '. or ..'],
    ['one dot', '/./a', '. or ..'],
    ['encoded dots', '/%2e%2e/a', '. or ..'],
    ['encoded dots in capitals', '/%2E%2E/a', '. or ..'],
    ['half-encoded dots', '/.%2e/a', '. or ..'],
    ['dots behind an encoded slash', '/a%2f..%2f..%2fb', '. or ..'],
    ['dots in an absolute form', 'http://h/../a', '. or ..'],
    ['an absolute path', '//etc/passwd', 'begins or ends with /'],
    ['an encoded absolute path', '/%2Fetc%2Fpasswd', 'begins or ends with /'],
    ['a slash at the end', '/a/', 'begins or ends with /'],
    ['an empty part', '/a//b', 'empty part'],
    ['a backslash', '/a\\b', 'backslash'],
    ['an encoded backslash', '/..%5cb', 'backslash'],
    ['a NUL', '/a%00b', 'NUL'],
    ['the character that stands for broken UTF-8', '/a%EF%BF%BD', 'U+FFFD'],
    ['an overlong encoding of a slash', '/..%c0%af', 'UTF-8'],
    ['an encoded surrogate', '/%ed%a0%80', 'UTF-8'],
    ['Latin-1', '/%e4', 'UTF-8'],
    ['a raw Latin-1 byte', '/\u00e4', 'UTF-8'],
    ['a percent sign alone', '/100%', 'UTF-8'],
    ['a percent sign without hexadecimal digits', '/%zz', 'UTF-8'],
    ['a reserved name', '/.bucket-cors-1', 'reserved'],
    ['a reserved name in a folder and in capitals', '/a/.Bucket-CORS-1', 'reserved'],
    ['a reserved folder', '/.bucket-cors-1/a', 'reserved'],
    ['a part of 256 bytes', `/${'a'.repeat(256)}`, '255 bytes'],
    ['a part of 256 bytes in 128 characters', `/${'%C3%A4'.repeat(128)}`, '255 bytes'],
    ['a name of 1024 bytes', `/${'a/'.repeat(511)}bb`, '1023 bytes'],
    ['no leading slash', 'a', 'does not begin with /'],
  ])('%s is refused', (_, target, reason) => {
    expect(() => readTarget(target)).toThrow(
      expect.objectContaining({ code: 'InvalidObjectName', message: expect.stringContaining(reason) }),
    );
  });
});

test.each([
  ['cors', '/?cors', 'cors'],
  ['cors as S3 clients write it', '/?cors=', 'cors'],
  ['cors among other parameters', '/?x=1&cors&y=2', 'cors'],
  ['an access list', '/a?acl', 'acl'],
  ['the start of a multipart upload', '/a?uploads', 'uploads'],
  ['a part of a multipart upload', '/a?partNumber=1&uploadId=7', 'uploadId'],
  ['a part of one, as stores decode names', '/a?partNumber=1&upload%49d=7', 'uploadId'],
  ['a version', '/a?versionId=7', 'versionId'],
  ['cors with a value, which is an ordinary parameter', '/?cors=1', undefined],
  ['a presigned request', '/a?OSSAccessKeyId=k&Expires=1&Signature=cors', undefined],
  ['image processing', '/a?x-oss-process=style/acl', undefined],
  ['a cache buster', '/a?20240101', undefined],
  ['a word that only contains a subresource', '/a?mycors', undefined],
  ['no query', '/a', undefined],
])('the subresource of %s', (_, target, subresource) => {
  expect(readTarget(target).subresource).toBe(subresource);
});
