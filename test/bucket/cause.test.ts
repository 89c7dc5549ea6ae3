import { describe, expect, test } from 'vitest';
import { causeOf } from '../../src/bucket/cause.ts';

const coded = (message: string, code: string, cause?: unknown) =>
  Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code });

describe('why something failed, in one line', () => {
  test.each<[string, unknown, string]>([
    ['a message', new Error('broken pipe'), 'broken pipe'],
    [
      'a code in the message',
      coded('connect ECONNREFUSED ::1:1', 'ECONNREFUSED'),
      'connect ECONNREFUSED ::1:1',
    ],
    [
      'a code beside it',
      coded('self-signed certificate', 'DEPTH_ZERO'),
      'self-signed certificate (DEPTH_ZERO)',
    ],
    ['a code alone', coded('', 'ECONNREFUSED'), 'ECONNREFUSED'],
    ['a code that is a number', Object.assign(new Error('x'), { code: 7 }), 'x'],
    [
      'what is behind it',
      new TypeError('fetch failed', { cause: coded('', 'EPIPE') }),
      'fetch failed (EPIPE)',
    ],
    [
      'one for each address',
      Object.assign(
        new AggregateError([coded('to ::1', 'E1'), coded('to 127.0.0.1', 'E2'), coded('to ::1', 'E1')]),
        {
          code: 'E1',
        },
      ),
      'to ::1 (E1); to 127.0.0.1 (E2)',
    ],
    ['no error', 'odd', 'odd'],
    ['several lines and control characters', new Error('a\r\n\tb\u0000\u001b[31mc'), 'a b [31mc'],
  ])('%s', (_, error, line) => {
    expect(causeOf(error)).toBe(line);
  });

  test('is cut at 200 characters', () => {
    const line = causeOf(new Error('x'.repeat(1_000), { cause: new Error('y'.repeat(1_000)) }));
    expect(line).toHaveLength(200);
    expect(line.endsWith('…')).toBe(true);
  });

  test('keeps the code of a long message: a certificate lists all its names', () => {
    const error = Object.assign(new Error('x'.repeat(1_000)), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(causeOf(error)).toMatch(/^x{139}… \(ERR_TLS_CERT_ALTNAME_INVALID\)$/);
  });

  test('has its secrets taken out before it is cut, so that no part of one is left', () => {
    const secret = 'hush'.repeat(20);
    const error = new Error(`${'x'.repeat(120)}${secret}`);
    expect(causeOf(error, (text) => text.replaceAll(secret, '(token)'))).toBe(`${'x'.repeat(120)}(token)`);
  });

  test('ends, also where errors are behind each other in a circle', () => {
    const error = new Error('round');
    Object.assign(error, { cause: error });
    expect(causeOf(error)).toBe('round (round (round (round)))');
  });
});
