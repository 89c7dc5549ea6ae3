import { describe, expect, test } from 'vitest';
import { openExchange } from '../../src/cloudflare/exchange.ts';
import { ownNames } from '../../src/cloudflare/headers.ts';

const exchangeOf = (cf: object | undefined) => {
  const request = new Request('https://edge.example/key', {
    headers: { 'accept-encoding': 'gzip, br', 'x-amz-date': 'now' },
  });
  const options = {
    names: ownNames('0123abcd'),
    passCfHeaders: false,
    watched: false,
    background: () => {},
  };
  return openExchange(Object.assign(request, { cf }), options).exchange;
};

test.each([
  [{ httpProtocol: 'HTTP/3' }, 'HTTP/3'],
  [{}, null],
  [undefined, null],
])('the protocol of a client is the one that Cloudflare names: %j', (cf, protocol) => {
  expect(exchangeOf(cf).protocol?.()).toBe(protocol);
});

describe('the headers that a signature covers', () => {
  test.each([
    [
      'the client’s own Accept-Encoding, which Cloudflare replaces',
      { clientAcceptEncoding: 'identity' },
      'identity',
    ],
    ['the one that arrived if Cloudflare names no other', {}, 'gzip, br'],
    ['the one that arrived outside of Cloudflare', undefined, 'gzip, br'],
  ])('contain %s', (_, cf, expected) => {
    const { headers, clientHeaders } = exchangeOf(cf);
    expect(clientHeaders?.()).toEqual(['accept-encoding', expected, 'x-amz-date', 'now']);
    // The bucket gets what Cloudflare can decode.
    expect(headers).toEqual(['accept-encoding', 'gzip, br', 'x-amz-date', 'now']);
  });
});
