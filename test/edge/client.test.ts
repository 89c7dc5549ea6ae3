import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/bucket/transport.ts';
import { clientOf, lacksCredentials } from '../../src/edge/client.ts';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const exchange = (headers: readonly string[], address: string | null = '::ffff:192.0.2.1') =>
  ({ headers, peer: { address, secure: false }, protocol: () => 'HTTP/2' }) as unknown as Exchange;
const client = (headers: readonly string[], isTrusted = false) =>
  clientOf(exchange(headers), { host: 'edge.example' }, isTrusted);

describe('the client of a request', () => {
  test('is described by its connection and its headers', () => {
    expect(client(['User-Agent', 'curl/8', 'Traceparent', TRACE])).toEqual({
      address: '192.0.2.1',
      host: 'edge.example',
      userAgent: 'curl/8',
      traceparent: TRACE,
      protocol: 'HTTP/2',
    });
    expect(client([])).toMatchObject({ userAgent: null, traceparent: null });
  });

  test('has the address that a proxy names only if the proxy is trusted', () => {
    const headers = ['X-Forwarded-For', '203.0.113.1, 198.51.100.7'];
    expect(client(headers).address).toBe('192.0.2.1');
    expect(client(headers, true).address).toBe('198.51.100.7');
    expect(client([], true).address).toBe('192.0.2.1');
  });

  test('has no address on a Unix socket', () => {
    expect(clientOf(exchange([], null), { host: '' }, false).address).toBeNull();
  });

  test.each([
    [TRACE, true],
    [`cc${TRACE.slice(2)}-what-the-future-will-be-like`, true],
    [`${TRACE}-more`, false],
    [`ff${TRACE.slice(2)}`, false],
    [TRACE.toUpperCase(), false],
    [TRACE.replace(/-[\da-f]{32}-/, `-${'0'.repeat(32)}-`), false],
    [TRACE.replace(/-[\da-f]{16}-/, `-${'0'.repeat(16)}-`), false],
    ['Bearer hush', false],
    ['', false],
  ])('has the trace context %j: %j', (value, isValid) => {
    expect(client(['traceparent', value]).traceparent).toBe(isValid ? value : null);
  });
});

describe('a page loses the answer', () => {
  const COOKIE = ['Cookie', 'a=b'];
  test.each([
    ['with cookies and without Allow-Credentials', COOKIE, [], true],
    [
      'of a fetch that says so',
      [...COOKIE, 'Sec-Fetch-Mode', 'cors', 'Sec-Fetch-Site', 'cross-site'],
      [],
      true,
    ],
    ['without cookies: never', ['Origin', 'https://a'], [], false],
    ['with Allow-Credentials: never', COOKIE, ['Access-Control-Allow-Credentials', 'true'], false],
    ['of a form: never', [...COOKIE, 'Sec-Fetch-Mode', 'navigate'], [], false],
    [
      'of its own origin: never',
      [...COOKIE, 'Sec-Fetch-Site', 'same-origin', 'Sec-Fetch-Mode', 'cors'],
      [],
      false,
    ],
  ])('%s', (_, request, answer, expected) => {
    expect(lacksCredentials(request, answer)).toBe(expected);
  });
});
