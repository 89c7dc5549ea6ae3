import fc from 'fast-check';
import { describe, test } from 'vitest';
import { answers } from './_answers.ts';
import { expectSame } from './_law.ts';
import { bytesOf, read } from './_read.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

describe('a response means the same wherever it is cut in three:', () => {
  test.each([
    ['with a length', `${OK}Content-Length: 5\r\nA: b\r\n\r\nhello`],
    ['in chunks, with an extension', `${CHUNKED}2;a="\\""\r\nok\r\n3\r\n\r\nx\r\n0\r\n\r\n`],
    ['with trailers', `${CHUNKED}2\r\nok\r\n0\r\nA: b\r\nC: d\r\n\r\n`],
    [
      'after an informational one',
      `HTTP/1.1 103 E\r\nA: b\r\n\r\n${OK}Content-Length: 1\r\n\r\nxHTTP/1.1 200`,
    ],
    ['to the close', `HTTP/1.0 200 OK\r\n\r\n\r\n\r\nhello`],
    ['with a blank before a colon', `${OK}A : b\r\n\r\n`],
    ['with bare LF', `${OK}A: b\n\n`],
    ['with a chunk too long', `${CHUNKED}2\r\nokay\r\n0\r\n\r\n`],
    ['with a framing trailer', `${CHUNKED}2\r\nok\r\n0\r\nContent-Length: 2\r\n\r\n`],
    ['that breaks off', `${CHUNKED}9\r\nok`],
  ])('%s', (_, text) => {
    const bytes = bytesOf(text);
    const whole = read(bytes);
    for (let one = 1; one < bytes.length; one += 1)
      for (let other = one; other < bytes.length; other += 1)
        expectSame(read(bytes, 'GET', [one, other]), whole);
  });
});

test('a response means the same wherever it is cut in two', () => {
  fc.assert(
    fc.property(answers, ({ method, text, extra }) => {
      const bytes = bytesOf(text + extra);
      const whole = read(bytes, method);
      for (let at = 1; at < bytes.length; at += 1) expectSame(read(bytes, method, [at]), whole);
    }),
    { numRuns: 40 },
  );
});
