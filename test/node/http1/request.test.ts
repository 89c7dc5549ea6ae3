import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Call } from '../../../src/node/http1/call.ts';
import { requestHead } from '../../../src/node/http1/request.ts';

const PLAIN: Call = {
  method: 'PUT',
  target: '/key',
  headers: ['Host', 'h'],
  body: null,
  headLimit: 0,
  idleLimit: 0,
};

describe('the head of a request is refused', () => {
  test.each<[string, Partial<Call>]>([
    ['with a blank in its target', { target: '/a b' }],
    ['with a line end in its target', { target: '/a\r\nX: y' }],
    ['with an empty target', { target: '' }],
    ['with a character above a byte in its target', { target: '/\u010d' }],
    ['with a line end in its method', { method: 'GET /\r\n' }],
    ['with a line end in a value', { headers: ['Host', 'h\r\nX: y'] }],
    ['with a line feed in a value', { headers: ['Host', 'h\nX: y'] }],
    ['with a NUL in a value', { headers: ['Host', 'h\0'] }],
    ['with a character that would become a line feed in a value', { headers: ['Host', 'h\u010a'] }],
    ['with a blank in a name', { headers: ['Host ', 'h'] }],
    ['with an empty name', { headers: ['', 'h'] }],
    ['with a Transfer-Encoding', { headers: ['Transfer-Encoding', 'chunked'] }],
    [
      'with a Transfer-Encoding and a body',
      { headers: ['transfer-encoding', 'gzip'], body: Readable.from([]) },
    ],
    ['with two lengths', { headers: ['Content-Length', '1', 'content-length', '1'], body: Buffer.from('a') }],
    ['with a length of no body', { headers: ['Content-Length', '1'] }],
    [
      'with a length that is not that of its bytes',
      { headers: ['Content-Length', '2'], body: Buffer.from('a') },
    ],
    ['with a length that is not a number', { headers: ['Content-Length', '+1'], body: Readable.from([]) }],
    ['with a list of lengths', { headers: ['Content-Length', '1, 1'], body: Readable.from([]) }],
    ['with an empty length', { headers: ['Content-Length', ''], body: Readable.from([]) }],
  ])('%s', (_, parts) => {
    expect(() => requestHead({ ...PLAIN, ...parts })).toThrow(
      expect.objectContaining({ code: 'ERR_REQUEST_INVALID' }),
    );
  });
});

describe('the body of a request is framed', () => {
  test.each<[string, Partial<Call>, string, number | 'chunked']>([
    ['by no header without one, if the method expects none', { method: 'GET' }, '', 0],
    ['by a length of 0 without one, if the method expects one', {}, 'Content-Length: 0\r\n', 0],
    ['by the length of its bytes', { body: Buffer.from('abc') }, 'Content-Length: 3\r\n', 3],
    ['by the length of no bytes', { body: Buffer.alloc(0) }, 'Content-Length: 0\r\n', 0],
    [
      'by the stated length of no body',
      { method: 'GET', headers: ['Content-Length', '0'] },
      'Content-Length: 0\r\n',
      0,
    ],
    [
      'by the stated length of a stream',
      { headers: ['content-length', '7'], body: Readable.from([]) },
      'content-length: 7\r\n',
      7,
    ],
    [
      'in chunks without a stated length',
      { body: Readable.from([]) },
      'Transfer-Encoding: chunked\r\n',
      'chunked',
    ],
  ])('%s', (_, parts, line, framing) => {
    const made = requestHead({ ...PLAIN, ...parts });
    expect(made.framing).toBe(framing);
    const lines = made.text.match(/^(?:content-length|transfer-encoding): .*\r\n/gim) ?? [];
    expect(lines.join('')).toBe(line);
    expect(made.text.endsWith('\r\n\r\n')).toBe(true);
  });
});
