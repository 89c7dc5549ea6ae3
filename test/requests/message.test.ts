import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMessage } from '../../src/requests/message.ts';
import { meaningOf } from '../../src/requests/message-meaning.ts';
import { withoutQueries } from '../../src/requests/queries.ts';
import { SENTENCES } from './_messages.ts';

describe("readMessage reads a browser's sentence about CORS", () => {
  test.each(SENTENCES.map(({ text, from, says }) => [text.slice(0, 120), from, text, says] as const))(
    '%s (%s)',
    (_, __, text, says) => {
      expect(readMessage(text)).toMatchObject(says);
    },
  );

  test('and never its query, which may be a signature', () => {
    for (const { text } of SENTENCES) expect(JSON.stringify(readMessage(text))).not.toContain('Signature');
  });

  const SENTENCE =
    "Access to fetch at 'https://b.example/a.jpg' from origin 'https://app.example.com' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.";
  const says = {
    browser: 'chromium',
    failure: 'status',
    url: 'https://b.example/a.jpg',
    origin: 'https://app.example.com',
    value: null,
    ofPreflight: true,
  };

  test.each([
    ['the place of the script', `app.js:12 ${SENTENCE}\napp.js:12:3`],
    ['"Uncaught"', `Uncaught (in promise) ${SENTENCE}`],
    ['curly quotes', SENTENCE.replaceAll(/'([^']*)'/g, '‘$1’').replace("doesn't", 'doesn’t')],
    ['double quotes', SENTENCE.replaceAll(/'(https[^']*)'/g, '"$1"')],
    ['entities of HTML', SENTENCE.replaceAll("'", '&#39;')],
    ['other entities of HTML', SENTENCE.replaceAll("'", '&apos;').replaceAll(' ', '&nbsp;')],
    ['line breaks within it', SENTENCE.replaceAll(' from', '\n  from').replaceAll(': ', ':\r\n')],
    ['a prompt before it', `> fetch(u)\n< Promise {<pending>}\nindex.html:1 ${SENTENCE}`],
    ['an error without a reason before it', `TypeError: Failed to fetch\n    at a (app.js:1)\n${SENTENCE}`],
    ['the failed request before it', `PUT https://c.example/ net::ERR_FAILED\n${SENTENCE}`],
  ])('with %s', (_, text) => {
    expect(readMessage(text)).toEqual(says);
  });

  test('the first of two', () => {
    const other = SENTENCE.replace(
      'It does not have HTTP ok status.',
      'Redirect is not allowed for a preflight request.',
    );
    expect(readMessage(`${SENTENCE}\n${other}`)).toEqual(says);
    expect(readMessage(`${other}\n${SENTENCE}`)?.failure).toBe('preflight_redirect');
  });

  test.each([
    '',
    'Hello',
    'The page at https://a.example has CORS, and Access-Control-Allow-Origin is *.',
    "Set the CORS header 'Access-Control-Allow-Origin' at https://a.example.",
    'Uncaught ReferenceError: a is not defined',
    'https://a.example/cors',
  ])('and no other text: %s', (text) => {
    expect(readMessage(text)).toBeNull();
  });
});

describe('readMessage of any text', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.string(),
      fc.constantFrom(...SENTENCES.map(({ text }) => text)),
      fc.constantFrom(
        ...SENTENCES.flatMap(({ text }) => text.split(' ')),
        "'",
        '‘',
        '\n',
        '&#x110000;',
        '&#39;',
        'https://',
        'CORS',
      ),
    ),
    { maxLength: 40 },
  );

  test('never throws, and what it reads has a meaning', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const message = readMessage(parts.join(' '));
        if (message === null) return;
        const { means, next } = meaningOf(message);
        expect(means).toMatch(/\.$/);
        expect(next).toMatch(/\.$/);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['one letter', 'a'],
    ['quotes', "'"],
    ['blanks', ' '],
    ['the beginning of a sentence', "Access to fetch at 'https://a.example/"],
    ['a whole beginning', "Access to fetch at 'https://a.example/' from origin 'https://b.example' "],
    ['URLs', 'https://a.example/ 同源 '],
    ['entities', '&#39;'],
    ["Firefox's beginning", '同源策略 https://a.example/ CORS «'],
    ['Origin', 'Origin '],
    ['one word', 'Cross-origin aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa '],
  ])('takes at most half a second for 1 MB of %s', (_, piece) => {
    const text = piece.repeat(Math.ceil(1_048_576 / piece.length));
    const began = performance.now();
    readMessage(text);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe('withoutQueries', () => {
  test.each([
    ["at 'https://a.example/b?Signature=x' from", "at 'https://a.example/b?…' from"],
    ['at https://a.example/b?Signature=x. (Reason', 'at https://a.example/b?…. (Reason'],
    ['https://a.example/b#x and https://b.example/?y', 'https://a.example/b?… and https://b.example/?…'],
    ['no URL? none#', 'no URL? none#'],
  ])('of %s', (text, without) => {
    expect(withoutQueries(text)).toBe(without);
  });
});
