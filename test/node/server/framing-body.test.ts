import { describe, expect, test } from 'vitest';
import { dial, rawly } from '../../helpers/client.ts';
import { until } from '../../helpers/until.ts';
import { HOST, lines, SMUGGLED, statuses, useFramed } from './_framing.ts';

const HEAD = lines('PUT /key HTTP/1.1', `Host: ${HOST}`, 'Transfer-Encoding: chunked');

/** The end of these bodies is ambiguous. */
const BROKEN: readonly (readonly [name: string, body: string, status: number])[] = [
  ['a chunk size of more than 64 bits', '10000000000000000\r\nabc', 400],
  ['a negative chunk size', '-1\r\nabc\r\n0\r\n\r\n', 400],
  ['a signed chunk size', '+3\r\nabc\r\n0\r\n\r\n', 400],
  ['a chunk size with 0x', '0x3\r\nabc\r\n0\r\n\r\n', 400],
  ['a chunk size with a letter', '3g\r\nabc\r\n0\r\n\r\n', 400],
  ['no chunk size', '\r\nabc\r\n0\r\n\r\n', 400],
  ['a blank before a chunk size', ' 3\r\nabc\r\n0\r\n\r\n', 400],
  ['a blank after a chunk size', '3 \r\nabc\r\n0\r\n\r\n', 400],
  ['a line feed after a chunk size', '3\nabc\r\n0\r\n\r\n', 400],
  ['a line feed after a chunk', '3\r\nabc\n0\r\n\r\n', 400],
  ['a chunk longer than its size', '3\r\nabcd\r\n0\r\n\r\n', 400],
  ['a line feed in a chunk extension', '3;a\nabc\r\n0\r\n\r\n', 400],
  ['a carriage return in a chunk extension', '3;a\rb\r\nabc\r\n0\r\n\r\n', 400],
  ['a control character in a chunk extension', '3;a\x01\r\nabc\r\n0\r\n\r\n', 400],
  ['a line break in a quoted chunk extension', '3;a="b\r\nc"\r\nabc\r\n0\r\n\r\n', 400],
  ['chunk extensions of 20 KB', `3;${'a'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`, 413],
  ['a trailer with a length', '3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n', 400],
  ['a trailer with a coding', '3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
  ['a folded trailer', '3\r\nabc\r\n0\r\nX-One: 1\r\n 2\r\n\r\n', 400],
];

describe('a malformed chunked body', () => {
  const framed = useFramed();

  test.each(BROKEN)(
    'with %s is refused, the connection is closed, and the bucket gets no upload',
    async (_, body, status) => {
      const answered = await rawly(framed().edge.url, HEAD + body + SMUGGLED);
      expect(statuses(answered)).toEqual([status]);
      expect(answered).toMatch(/^Connection: close\r$/m);
      expect(answered).toMatch(/^Cache-Control: no-store\r$/m);
      expect(framed().bucket.whole).toEqual([]);
      expect(framed().bucket.begun).not.toContain('GET /smuggled');
    },
  );

  test.each(BROKEN)('with %s after its first chunk never ends at the bucket', async (_, body) => {
    const socket = dial(framed().edge.url);
    let closed = false;
    socket.resume().once('close', () => {
      closed = true;
    });
    socket.write(`${HEAD}5\r\nfirst\r\n`);
    await until('the bucket has the beginning', () => framed().bucket.begun.length === 1);
    socket.write(body + SMUGGLED, 'latin1');
    await until('the connection is closed', () => closed);
    expect(framed().bucket.whole).toEqual([]);
    expect(framed().bucket.begun).toEqual(['PUT /key']);
  });

  test.each([
    ['a megabyte of extensions', `3;${'a'.repeat(1_048_576)}\r\nabc\r\n0\r\n\r\n`],
    ['a megabyte of trailers', `3\r\nabc\r\n0\r\nX-One: ${'a'.repeat(1_048_576)}\r\n\r\n`],
  ])('%s is cut off long before its end', async (_, body) => {
    await rawly(framed().edge.url, HEAD + body + SMUGGLED);
    expect(framed().bucket.whole).toEqual([]);
    expect(framed().bucket.begun).not.toContain('GET /smuggled');
  });

  test('with a megabyte of extensions, a few to each chunk, does not pass them to the bucket', async () => {
    const body = `1;${'a'.repeat(1_000)}\r\nx\r\n`.repeat(1_000);
    const last = lines('GET /next HTTP/1.1', `Host: ${HOST}`, 'Connection: close');
    expect(statuses(await rawly(framed().edge.url, `${HEAD}${body}0\r\n\r\n${last}`))).toEqual([200, 200]);
    expect(framed().bucket.whole).toContain(`PUT /key ${'x'.repeat(1_000)}`);
    expect(framed().bucket.bytes()).toBeLessThan(20_000);
  });

  test('with a chunk of nearly 2^64 bytes does not end, also if another request follows', async () => {
    const socket = dial(framed().edge.url);
    socket.write(`${HEAD}ffffffffffffffff\r\nabc\r\n0\r\n\r\n${SMUGGLED}`);
    await until('the bucket has the beginning', () => framed().bucket.begun.length > 0);
    socket.end();
    await new Promise<void>((resolve) => socket.resume().once('close', () => resolve()));
    expect(framed().bucket.whole).toEqual([]);
    expect(framed().bucket.begun).toEqual(['PUT /key']);
  });
});
