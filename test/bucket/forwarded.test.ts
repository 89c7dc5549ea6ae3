import { describe, expect, test } from 'vitest';
import { addHop, type Hop, hasPassed } from '../../src/bucket/forwarded.ts';

/** Returns the headers about hops for a request of a trusted client. By default, the client sent Forwarded. */
function hopHeaders(hop: Partial<Hop>, headers: readonly string[] = ['Forwarded', 'for=_a']): string[] {
  const sent: string[] = [];
  const peer = { address: '192.0.2.1', secure: false };
  addHop(sent, headers, null, { peer, clientHost: 'edge', trustForwarded: true, forwarded: 'all', ...hop });
  return sent;
}

const valueIn = (headers: readonly string[], name: string): string | undefined =>
  headers[headers.indexOf(name) + 1];

describe('the address of a hop', () => {
  test.each([
    ['IPv4', '192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['IPv6', '2001:db8::1', '2001:db8::1', '"[2001:db8::1]"'],
    ['IPv4 on a dual-stack socket', '::ffff:192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['IPv6 with a zone', 'fe80::1%eth0', 'fe80::1', '"[fe80::1]"'],
    ['IPv6 that begins like a mapped IPv4', '::ffff:0:1', '::ffff:0:1', '"[::ffff:0:1]"'],
  ])('is written as an address without port and zone: %s', (_, address, plain, quoted) => {
    const headers = hopHeaders({ peer: { address, secure: false } });
    expect(valueIn(headers, 'X-Forwarded-For')).toBe(plain);
    expect(valueIn(headers, 'Forwarded')).toBe(`for=_a, for=${quoted};host="edge";proto=http`);
  });

  test('is omitted for a Unix socket, and earlier hops stay', () => {
    const peer = { address: null, secure: false };
    expect(hopHeaders({ peer }, ['X-Forwarded-For', '203.0.113.7'])).toEqual([
      ...['X-Forwarded-For', '203.0.113.7', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'edge'],
    ]);
    expect(hopHeaders({ peer, trustForwarded: false }, ['X-Forwarded-For', '203.0.113.7'])).toEqual([
      ...['X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'edge'],
    ]);
    expect(valueIn(hopHeaders({ peer }), 'Forwarded')).toBe('for=_a, for=unknown;host="edge";proto=http');
  });
});

test('a hop over TLS has the scheme https', () => {
  const headers = hopHeaders({ peer: { address: '192.0.2.1', secure: true } });
  expect(valueIn(headers, 'X-Forwarded-Proto')).toBe('https');
  expect(valueIn(headers, 'Forwarded')).toMatch(/;proto=https$/);
});

test.each([
  ['with a port', 'edge:81', ';host="edge:81"'],
  ['with a quote and a backslash', 'a";for=b\\', ';host="a\\";for=b\\\\"'],
  ['that is empty', '', ''],
])('a client’s host %s is quoted, or omitted if empty, in Forwarded', (_, clientHost, expected) => {
  const headers = hopHeaders({ clientHost });
  expect(valueIn(headers, 'Forwarded')).toBe(`for=_a, for=192.0.2.1${expected};proto=http`);
  expect(headers.includes('X-Forwarded-Host')).toBe(clientHost !== '');
});

test('several lines of a trusted client are joined to one, and its other headers about hops stay', () => {
  const lines = [
    ...['forwarded', 'for=a', 'X-Forwarded-Port', '443', 'FORWARDED', 'for=b', 'x-forwarded-for', '10.0.0.1'],
    ...['X-Forwarded-For', '10.0.0.2', 'x-forwarded-proto', 'https', 'X-Other', 'x'],
  ];
  expect(hopHeaders({}, lines)).toEqual([
    ...['X-Forwarded-Port', '443', 'x-forwarded-proto', 'https'],
    ...['X-Forwarded-For', '10.0.0.1, 10.0.0.2, 192.0.2.1', 'X-Forwarded-Host', 'edge'],
    ...['Forwarded', 'for=a, for=b, for=192.0.2.1;host="edge";proto=http'],
  ]);
});

describe('the option `forwarded`', () => {
  const lines = [
    ...['X-Forwarded-For', '203.0.113.7', 'x-forwarded-for', '10.0.0.1', 'x-real-ip', '203.0.113.7'],
    ...['X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'cdn', 'X-Forwarded-Port', '443'],
    ...['X-Forwarded-Prefix', '/p', 'X_Forwarded_Host', 'cdn', 'Forwarded', 'for=_a;host=cdn'],
  ];
  const [chain, trusted] = ['203.0.113.7, 10.0.0.1, 192.0.2.1', true];

  test.each([
    ['all', false, ['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'edge']],
    ['for', false, ['X-Forwarded-For', '192.0.2.1']],
    ['none', false, []],
    ['for', trusted, ['x-real-ip', '203.0.113.7', 'X-Forwarded-For', chain]],
    ['none', trusted, []],
  ] as const)('with the value `%s` and trustForwarded %s sends %j', (forwarded, trustForwarded, sent) => {
    expect(hopHeaders({ forwarded, trustForwarded }, lines)).toEqual(sent);
  });

  test('with the value `for` sends no header for a hop without an address', () => {
    const peer = { address: null, secure: false };
    expect(hopHeaders({ peer, forwarded: 'for', trustForwarded: false }, lines)).toEqual([]);
  });
});

test.each([
  ['1.1 bucket-cors-00000000', true],
  ['1.0 a,1.1\tbucket-cors-00000000 (b)', true],
  ['1.1 Bucket-CORS-00000000', true],
  ['1.1 bucket-cors-00000001', false],
  ['1.1 x-bucket-cors-00000000', false],
  ['bucket-cors-00000000', false],
  ['', false],
])('a request with "Via: %s" has passed this edge: %s', (via, expected) => {
  expect(hasPassed(via, '00000000')).toBe(expected);
  expect(hasPassed(`1.1 other, ${via}`, '00000000')).toBe(expected);
});
