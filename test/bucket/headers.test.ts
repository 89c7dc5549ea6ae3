import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Passing, requestHeaders, responseHeaders } from '../../src/bucket/headers.ts';

const PASSING: Passing = {
  host: 'bucket.example',
  clientHost: 'edge.example',
  peer: { address: '192.0.2.1', secure: false },
  trustForwarded: false,
  forwarded: 'all',
  edgeId: '0123abcd',
};
const OWN_AFTER = [
  ...['X-Forwarded-For', '192.0.2.1', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'edge.example'],
  ...['Via', '1.1 bucket-cors-0123abcd'],
];

/** Returns the client's headers that the edge forwards. */
function passed(...headers: readonly string[]): string[] {
  const all = requestHeaders(headers, PASSING);
  expect(all.slice(0, 2)).toEqual(['Host', 'bucket.example']);
  expect(all.slice(-OWN_AFTER.length)).toEqual(OWN_AFTER);
  return all.slice(2, -OWN_AFTER.length);
}

/** Hop-by-hop headers: RFC 9110 §7.6.1 and §11.7. */
const ONE_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const NOT_FORWARDED = [
  ...ONE_HOP,
  'host',
  'origin',
  'access-control-request-method',
  'access-control-request-headers',
  'expect',
  'forwarded',
  'x-real-ip',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-client-cert-of-another-proxy',
];

const capitals = (name: string): string => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());

const letters = (name: string) =>
  fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((upper) => [...name].map((char, at) => (upper[at] ? char.toUpperCase() : char)).join(''));
const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,34}$/);

describe('a request for the bucket', () => {
  test.each(NOT_FORWARDED)('has no header %s in any case', (name) => {
    expect(passed(name, 'a', 'X-One', '1', name.toUpperCase(), 'b', capitals(name), 'c')).toEqual([
      'X-One',
      '1',
    ]);
  });

  test.each([
    [
      'names of headers, which are removed',
      'x-one, X-TWO',
      ['X-One', '1', 'x-two', '2', 'X-Three', '3'],
      ['X-Three', '3'],
    ],
    ['names between blanks and empty items', ' ,\tx-one\t,, ', ['X-One', '1', 'X-Two', '2'], ['X-Two', '2']],
    ['close and keep-alive', 'close, keep-alive', ['Close', '1'], ['Close', '1']],
    ['the name of an absent header', 'x-one', ['X-Two', '2'], ['X-Two', '2']],
    ['an invalid name', 'a b, "x"', ['X-Two', '2'], ['X-Two', '2']],
    [
      'Host and Content-Length, which stay',
      'host, content-length',
      ['Content-Length', '2'],
      ['Content-Length', '2'],
    ],
    ['Via, to which the edge still adds its entry', 'via', ['Via', '1.1 a'], []],
    [
      'X-Forwarded-For, to which the edge still adds its entry',
      'x-forwarded-for',
      ['X-Forwarded-For', '1.1.1.1'],
      [],
    ],
  ])('has the right headers when Connection lists %s', (_, connection, headers, expected) => {
    expect(passed('Connection', connection, ...headers)).toEqual(expected);
    expect(passed(...headers, 'connection', 'keep-alive', 'CONNECTION', connection)).toEqual(expected);
  });

  const name = fc.oneof(token, fc.constantFrom(...NOT_FORWARDED, 'x-forwarde', 'vary', 'via').chain(letters));

  test('has all other headers unchanged, in their order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ maxLength: 8 }))), (lines) => {
        // The rows above test Connection, which removes other headers.
        const sent = lines.filter(([given]) => given.toLowerCase() !== 'connection');
        const forwarded = sent.filter(([given]) => {
          const key = given.toLowerCase();
          return !(NOT_FORWARDED.includes(key) || key.startsWith('x-forwarded-'));
        });
        expect(passed(...sent.flat())).toEqual(forwarded.flat());
      }),
    );
  });
});

/** Headers that control caches. */
const CACHING = [
  'age',
  'cache-control',
  'cdn-cache-control',
  'cf-edge-cache',
  'cloudflare-cdn-cache-control',
  'edge-control',
  'expires',
  'netlify-cdn-cache-control',
  'pragma',
  'surrogate-control',
  'vercel-cdn-cache-control',
  'x-accel-expires',
  'x-litespeed-cache-control',
  'x-reverse-proxy-ttl',
  'x-another-cache-with-a-rather-long-name-cache-control',
];

/** Headers that a proxy in front obeys. */
const COMMANDS = [
  'x-accel-buffering',
  'x-accel-charset',
  'x-accel-expires',
  'x-accel-limit-rate',
  'x-accel-redirect',
  'x-accel-something-that-nginx-will-have-one-day',
  'x-envoy-degraded',
  'x-envoy-immediate-health-check-fail',
  'x-lighttpd-send-file',
  'x-lighttpd-send-tempfile',
  'x-litespeed-cache-control',
  'x-litespeed-location',
  'x-litespeed-purge',
  'x-reproxy-expected-size',
  'x-reproxy-file',
  'x-reproxy-service',
  'x-reproxy-url',
  'x-sendfile',
  'x-sendfile-temporary',
  'x-sendfile2',
];

const OPTIONS = { noStore: false, passCommands: false };
/** Names similar to those of removed headers. */
const LIKE = [
  'x-accel',
  'x-send-file',
  'x-litespeed',
  'x-envoy-upstream-service-time',
  'x-accept',
  'varying',
];

describe('an answer for the client', () => {
  test.each([
    ...ONE_HOP,
    ...COMMANDS,
    'x-bucket-cors-reason',
    'x-bucket-cors-code',
    'access-control-allow-origin',
  ])('has no header %s in any case', (name) => {
    const own = [capitals(name), 'a', 'X-One', '1', name, 'b', name.toUpperCase(), 'c'];
    expect(responseHeaders(own, OPTIONS).headers).toEqual(['X-One', '1']);
  });

  test.each(CACHING)('has no header %s in any case if no cache may store it', (name) => {
    const own = [capitals(name), 'a', 'X-One', '1', name, 'b', name.toUpperCase(), 'c'];
    for (const passCommands of [false, true])
      expect(responseHeaders(own, { noStore: true, passCommands }).headers).toEqual(['X-One', '1']);
  });

  test.each(COMMANDS)('has the header %s if commands pass', (name) => {
    const own = [capitals(name), 'a'];
    expect(responseHeaders(own, { noStore: false, passCommands: true }).headers).toEqual(own);
  });

  test('has all other headers unchanged, in their order', () => {
    const isRemoved = (key: string) =>
      ONE_HOP.includes(key) ||
      /^(?:access-control-|x-accel-|x-lighttpd-|x-litespeed-|x-reproxy-|x-sendfile)/.test(key) ||
      [
        'vary',
        'x-bucket-cors-code',
        'x-bucket-cors-reason',
        'x-envoy-degraded',
        'x-envoy-immediate-health-check-fail',
      ].includes(key);
    const name = fc.oneof(
      token,
      fc.constantFrom(...ONE_HOP, ...COMMANDS, ...CACHING, ...LIKE).chain(letters),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ maxLength: 8 }))), (lines) => {
        const sent = lines.filter(([given]) => given.toLowerCase() !== 'connection');
        const others = sent.filter(([given]) => !isRemoved(given.toLowerCase()));
        expect(responseHeaders(sent.flat(), OPTIONS).headers).toEqual(others.flat());
      }),
    );
  });

  test('has no headers that its Connection lists, except Content-Length', () => {
    const own = [
      'x-one',
      '1',
      'Content-Length',
      '2',
      'Connection',
      'close, X-One, content-length',
      'ETag',
      '"e"',
    ];
    expect(responseHeaders(own, OPTIONS).headers).toEqual(['Content-Length', '2', 'ETag', '"e"']);
  });
});
