import { describe, expect, test } from 'vitest';
import { addHop, type Hop, hasPassed } from '../../src/bucket/forwarded.ts';

/** What a bucket is told of a trusted client that has begun a Forwarded of its own. */
function told(hop: Partial<Hop>, headers: readonly string[] = ['Forwarded', 'for=_a']): string[] {
  const kept: string[] = [];
  const peer = { address: '192.0.2.1', secure: false };
  addHop(kept, headers, null, { peer, clientHost: 'edge', trustForwarded: true, forwarded: 'all', ...hop });
  return kept;
}

const valueIn = (headers: readonly string[], name: string): string | undefined =>
  headers[headers.indexOf(name) + 1];

describe('the address of a hop', () => {
  test.each([
    ['IPv4', '192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['IPv6', '2001:db8::1', '2001:db8::1', '"[2001:db8::1]"'],
    ['IPv4 on a socket for both', '::ffff:192.0.2.1', '192.0.2.1', '192.0.2.1'],
    ['IPv6 with a zone', 'fe80::1%eth0', 'fe80::1', '"[fe80::1]"'],
    ['IPv6 that only begins like IPv4', '::ffff:0:1', '::ffff:0:1', '"[::ffff:0:1]"'],
  ])('that is %s', (_, address, plain, quoted) => {
    const headers = told({ peer: { address, secure: false } });
    expect(valueIn(headers, 'X-Forwarded-For')).toBe(plain);
    expect(valueIn(headers, 'Forwarded')).toBe(`for=_a, for=${quoted};host="edge";proto=http`);
  });

  test('that is a Unix socket is none: what came before stays as it was', () => {
    const peer = { address: null, secure: false };
    expect(told({ peer }, ['X-Forwarded-For', '203.0.113.7'])).toEqual([
      ...['X-Forwarded-For', '203.0.113.7', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'edge'],
    ]);
    expect(told({ peer, trustForwarded: false }, ['X-Forwarded-For', '203.0.113.7'])).toEqual([
      ...['X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'edge'],
    ]);
    expect(valueIn(told({ peer }), 'Forwarded')).toBe('for=_a, for=unknown;host="edge";proto=http');
  });
});

test('a hop over TLS is https', () => {
  const headers = told({ peer: { address: '192.0.2.1', secure: true } });
  expect(valueIn(headers, 'X-Forwarded-Proto')).toBe('https');
  expect(valueIn(headers, 'Forwarded')).toMatch(/;proto=https$/);
});

test.each([
  ['with a port', 'edge:81', ';host="edge:81"'],
  ['with what would end the quotes', 'a";for=b\\', ';host="a\\";for=b\\\\"'],
  ['that is none', '', ''],
])('a host %s is quoted in Forwarded', (_, clientHost, expected) => {
  const headers = told({ clientHost });
  expect(valueIn(headers, 'Forwarded')).toBe(`for=_a, for=192.0.2.1${expected};proto=http`);
  expect(headers.includes('X-Forwarded-Host')).toBe(clientHost !== '');
});

test('several lines of a trusted client become one, and its other words stay', () => {
  const lines = [
    ...['forwarded', 'for=a', 'X-Forwarded-Port', '443', 'FORWARDED', 'for=b', 'x-forwarded-for', '10.0.0.1'],
    ...['X-Forwarded-For', '10.0.0.2', 'x-forwarded-proto', 'https', 'X-Other', 'x'],
  ];
  expect(told({}, lines)).toEqual([
    ...['X-Forwarded-Port', '443', 'x-forwarded-proto', 'https'],
    ...['X-Forwarded-For', '10.0.0.1, 10.0.0.2, 192.0.2.1', 'X-Forwarded-Host', 'edge'],
    ...['Forwarded', 'for=a, for=b, for=192.0.2.1;host="edge";proto=http'],
  ]);
});

describe('of a client’s hop, and of those that a trusted client names,', () => {
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
  ] as const)('`%s` with trustForwarded %s sends %j', (forwarded, trustForwarded, sent) => {
    expect(told({ forwarded, trustForwarded }, lines)).toEqual(sent);
  });

  test('`for` sends no header where there is no address', () => {
    const peer = { address: null, secure: false };
    expect(told({ peer, forwarded: 'for', trustForwarded: false }, lines)).toEqual([]);
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
])('Via: %s has passed this edge: %s', (via, expected) => {
  expect(hasPassed(via, '00000000')).toBe(expected);
  expect(hasPassed(`1.1 other, ${via}`, '00000000')).toBe(expected);
});
