import { describe, expect, test } from 'vitest';
import { causeOf } from '../../src/bucket/cause.ts';

const coded = (message: string, code: string, cause?: unknown) =>
  Object.assign(new Error(message, cause === undefined ? {} : { cause }), { code });

describe('causeOf returns one line', () => {
  test.each<[string, unknown, string]>([
    ['an error with a message', new Error('broken pipe'), 'broken pipe'],
    [
      'an error with its code in the message',
      coded('connect ECONNREFUSED ::1:1', 'ECONNREFUSED'),
      'connect ECONNREFUSED ::1:1',
    ],
    [
      'an error with a code and a message',
      coded('self-signed certificate', 'DEPTH_ZERO'),
      'self-signed certificate (DEPTH_ZERO)',
    ],
    ['an error with a code and no message', coded('', 'ECONNREFUSED'), 'ECONNREFUSED'],
    ['an error with a code that is a number', Object.assign(new Error('x'), { code: 7 }), 'x'],
    [
      'an error with a cause',
      new TypeError('fetch failed', { cause: coded('', 'EPIPE') }),
      'fetch failed (EPIPE)',
    ],
    [
      'an AggregateError with one error for each address',
      Object.assign(
        new AggregateError([coded('to ::1', 'E1'), coded('to 127.0.0.1', 'E2'), coded('to ::1', 'E1')]),
        {
          code: 'E1',
        },
      ),
      'to ::1 (E1); to 127.0.0.1 (E2)',
    ],
    ['a thrown value that is not an error', 'odd', 'odd'],
    [
      'a message with several lines and control characters',
      new Error('a\r\n\tb\u0000\u001b[31mc'),
      'a b [31mc',
    ],
  ])('for %s', (_, error, line) => {
    expect(causeOf(error)).toBe(line);
  });

  test('of at most 200 characters', () => {
    const line = causeOf(new Error('x'.repeat(1_000), { cause: new Error('y'.repeat(1_000)) }));
    expect(line).toHaveLength(200);
    expect(line.endsWith('…')).toBe(true);
  });

  test('with the code of an error with a long message, such as a list of names in a certificate', () => {
    const error = Object.assign(new Error('x'.repeat(1_000)), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(causeOf(error)).toMatch(/^x{139}… \(ERR_TLS_CERT_ALTNAME_INVALID\)$/);
  });

  test('without secrets, which are removed before the text is cut', () => {
    const secret = 'hush'.repeat(20);
    const error = new Error(`${'x'.repeat(120)}${secret}`);
    expect(causeOf(error, (text) => text.replaceAll(secret, '(token)'))).toBe(`${'x'.repeat(120)}(token)`);
  });

  test('also for a cycle of causes', () => {
    const error = new Error('round');
    Object.assign(error, { cause: error });
    expect(causeOf(error)).toBe('round (round (round (round)))');
  });
});
