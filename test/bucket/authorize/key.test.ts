import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyFault } from '../../../src/bucket/authorize/key.ts';

const OUTSIDE = 'The edge signs only keys that begin with public/';
const BUCKET = 'The edge signs reads of objects, not of the bucket itself.';
const DOTS = 'The edge signs no key with a dot segment.';
const CONTROL = 'The edge signs no key with a control character.';
const NOT_UTF8 = 'The edge signs no key that is not UTF-8.';

describe('with the prefix public/', () => {
  test.each([
    ['a key under the prefix', '/public/a.jpg'],
    ['the prefix itself, a folder’s marker', '/public/'],
    ['a key whose letters are encoded', '/%70ublic/a.jpg'],
    ['a key whose slash is encoded, which stores decode', '/public%2Fa.jpg'],
    ['an empty segment after the prefix', '/public//a.jpg'],
    ['a segment of three dots', '/public/.../a'],
    ['a name that begins with dots', '/public/..a/.b'],
    ['a plus sign after the prefix', '/public/a+b.jpg'],
    ['a percent sign without digits', '/public/100%'],
    ['an encoded question mark', '/public/a%3F../b'],
    ['a letter outside ASCII', '/public/%C3%A9.jpg'],
    ['a dot segment in the query', '/public/a?b=/../c'],
  ])('signs %s', (_, target) => {
    expect(keyFault(target, 'public/')).toBeNull();
  });

  test.each([
    ['the bucket', '/', BUCKET],
    ['the bucket with a query', '/?list-type=2', BUCKET],
    ['a second slash, which a store that merges slashes reads as the bucket', '//', BUCKET],
    ['an encoded slash alone', '/%2F?list-type=2', BUCKET],
    ['a key outside the prefix', '/private/a.jpg', OUTSIDE],
    ['a prefix in capitals', '/PUBLIC/a.jpg', OUTSIDE],
    ['a key that only begins like the prefix', '/publicity/a.jpg', OUTSIDE],
    ['the prefix without its slash', '/public', OUTSIDE],
    ['the prefix after a slash', '//public/a.jpg', OUTSIDE],
    ['the prefix in the query', '/private?/public/', OUTSIDE],
    ['the prefix behind a NUL', '/%00public/a', CONTROL],
    ['dots before a NUL, where some stores end a key', '/public/..%00/a', CONTROL],
    ['dots around a line feed, which URL parsers remove', '/public/.%0a./private', CONTROL],
    ['dots before a blank', '/public/..%20/private', DOTS],
    ['a prefix that is encoded twice', '/%2570ublic/a.jpg', OUTSIDE],
    ['two dots', '/public/../private/a.jpg', DOTS],
    ['two dots before the prefix', '/../public/a', DOTS],
    ['one dot', '/public/./a.jpg', DOTS],
    ['two dots at the end', '/public/..', DOTS],
    ['encoded dots', '/public/%2e%2E/private/a.jpg', DOTS],
    ['a dot of each kind', '/public/.%2e/private/a.jpg', DOTS],
    ['dots that are encoded twice', '/public/%252e%252e/private/a.jpg', DOTS],
    ['encoded slashes around dots', '/public%2f..%2fprivate/a.jpg', DOTS],
    ['slashes around dots that are encoded twice', '/public/x%252f..%252fprivate', DOTS],
    ['a backslash', '/public/..\\private', DOTS],
    ['an encoded backslash', '/public/x%5c..%5cprivate', DOTS],
    ['a parameter of a segment', '/public/..;a/private', DOTS],
    ['an encoded parameter of a segment', '/public/..%3ba/private', DOTS],
    ['an overlong dot', '/public/%c0%ae%c0%ae/private', NOT_UTF8],
    ['a byte that is not UTF-8', '/public/%ff', NOT_UTF8],
  ])('refuses %s', (_, target, message) => {
    expect(keyFault(target, 'public/')).toBe(message);
  });
});

test.each([
  ['a plus sign in the path, which S3 reads as a space, is not the plus sign of a prefix', '/a+b/x', 'a+b/'],
  [
    'a plus sign in the path, which other stores read as such, is not the space of a prefix',
    '/a+b/x',
    'a b/',
  ],
])('%s', (_, target, prefix) => {
  expect(keyFault(target, prefix)).toBe(`The edge signs only keys that begin with ${prefix}`);
});

test.each([
  ['an encoded plus sign', '/a%2Bb/x', 'a+b/'],
  ['an encoded space', '/a%20b/x', 'a b/'],
  ['a prefix outside ASCII', '/%C3%A9/x', 'é/'],
  ['bytes that are not encoded', `/${Buffer.from('é/x').toString('latin1')}`, 'é/'],
  ['a prefix that ends inside a name', '/thumb-1.jpg', 'thumb-'],
])('signs %s', (_, target, prefix) => {
  expect(keyFault(target, prefix)).toBeNull();
});

test('signs every object if the prefix is empty, and not the bucket', () => {
  expect(keyFault('/private/a', '')).toBeNull();
  expect(keyFault('/?acl', '')).toBe(BUCKET);
});

/** How tolerant stores and proxies may read a path. */
const READINGS: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => path.replaceAll('+', ' '),
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => path.replace(/\/{2,}/g, '/'),
];
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
const resolved = (path: string): string =>
  new URL(`http://store${path.replace(/%(?![0-9a-f]{2})/gi, '%25')}`).pathname;

test('no reading of a signed path leaves the prefix', () => {
  const piece = fc.constantFrom(
    ...[
      'public',
      'private',
      '/',
      '//',
      '.',
      '..',
      '%2e',
      '%2E',
      '%2f',
      '%5c',
      '\\',
      ';',
      ';a',
      '%3b',
      '+',
      '%20',
    ],
    ...['%25', '%252e', '%252f', 'a', '%70ublic', '%c0%ae', '%00', '?', 'é'],
  );
  const path = fc.array(piece, { maxLength: 9 }).map((pieces) => `/${pieces.join('')}`);
  const near = fc.array(piece, { maxLength: 7 }).map((pieces) => `/public/${pieces.join('')}`);
  fc.assert(
    fc.property(fc.oneof(path, near), (target) => {
      if (keyFault(target, 'public/') !== null) return;
      const [sent = ''] = target.split('?', 1);
      for (const read of READINGS) {
        for (const seen of [read(decoded(sent)), read(resolved(sent)), resolved(read(decoded(sent)))])
          expect(decoded(seen)).toMatch(/^\/public\//);
        expect(resolved(read(decoded(decoded(sent))))).toMatch(/^\/public\//);
      }
    }),
    { numRuns: 20_000 },
  );
});
