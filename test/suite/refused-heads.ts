import { describe, expect, test } from 'vitest';
import { rawly } from '../helpers/client.ts';
import { type Runtime, testOn, useEdge } from './runtime.ts';
import { EVERYBODY } from './sets.ts';

const head = (...lines: readonly string[]) => `${lines.join('\r\n')}\r\n\r\n`;

/** Heads that a parser refuses: the end of the request is ambiguous, or the head is too large. */
const REFUSED: readonly [name: string, text: string, status: number][] = [
  [
    'both framings',
    `${head('PUT / HTTP/1.1', 'Host: h', 'Content-Length: 1', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
  ],
  ['two lengths', `${head('PUT / HTTP/1.1', 'Host: h', 'Content-Length: 1', 'Content-Length: 2')}ab`, 400],
  ['a length that is not a number', head('PUT / HTTP/1.1', 'Host: h', 'Content-Length: 1x'), 400],
  ['a coding after chunked', head('PUT / HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked, gzip'), 400],
  ['no Host', head('GET / HTTP/1.1', 'X-One: 1'), 400],
  ['a header line without a colon', head('GET / HTTP/1.1', 'Host: h', 'nonsense'), 400],
  ['a space before a colon', head('GET / HTTP/1.1', 'Host : h'), 400],
  ['a folded header line', head('GET / HTTP/1.1', 'Host: h', 'X-One: 1', ' 2'), 400],
  ['a target in bytes that are not ASCII', head('GET /caf\u00c3\u00a9 HTTP/1.1', 'Host: h'), 400],
  ['a line that is not HTTP', head('hello'), 400],
  ['more than 64 KB of headers', head('GET / HTTP/1.1', 'Host: h', `X-One: ${'a'.repeat(70_000)}`), 431],
];

export function addRefusedHeadTests(runtime: Runtime): void {
  describe('a request that the parser refuses', () => {
    const edge = useEdge(runtime, { rules: EVERYBODY });

    testOn(runtime, 'refused heads').each(REFUSED)('for %s', async (_, text, status) => {
      const answered = await rawly(edge().url, text);
      expect(answered).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(answered.toLowerCase()).toContain('connection: close');
      expect(answered.toLowerCase()).toContain('cache-control: no-store');
      expect(answered.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
      expect(edge().bucket.asked).toEqual([]);
      expect(edge().events.filter(({ status: sent }) => sent === 200)).toEqual([]);
    });

    test('does not affect the next connection', async () => {
      const answered = await rawly(edge().url, head('GET /key HTTP/1.1', 'Host: h', 'Connection: close'));
      expect(answered).toMatch(/^HTTP\/1\.1 200 /);
    });
  });
}
