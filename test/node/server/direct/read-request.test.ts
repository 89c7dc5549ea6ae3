import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRequest } from '../../../../src/node/server/direct/read-request.ts';
import { parseRequests } from './_parser.ts';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

const PLAIN = [
  ['of curl', 'GET /a HTTP/1.1\r\nHost: h:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n'],
  [
    'of a browser',
    'GET /a%20b/c.png?x=1&y=%C3%A9 HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nOrigin: https://a.example\r\n' +
      'Sec-Fetch-Mode: cors\r\nAccept-Encoding: gzip, deflate, br\r\nUpgrade-Insecure-Requests: 1\r\n\r\n',
  ],
  [
    'that is a preflight',
    'OPTIONS /a HTTP/1.1\r\nHost: h\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n\r\n',
  ],
  [
    'of a client that signs',
    'HEAD /b/k?versionId=1 HTTP/1.1\r\nhost: h\r\nx-amz-date: 20261130T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 ' +
      'Credential=a/b/c, SignedHeaders=host, Signature=00\r\nRange: bytes=0-1\r\n\r\n',
  ],
  [
    'with blanks around values',
    'GET / HTTP/1.1\r\nHost:\t h \t\r\nX-Empty:\r\nX-Blank: \t \r\nX-Two: a\tb\r\n\r\n',
  ],
  ['with bytes above ASCII in a value', 'GET / HTTP/1.1\r\nHost: h\r\nX-Name: \xc3\xa9\xff\r\n\r\n'],
  ['with Connection: Keep-Alive', 'GET / HTTP/1.1\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n'],
] as const;

/** What Node's parser has to read: each row says in which respect it is not plain. */
const LEFT_TO_NODE = [
  ['nothing', ''],
  ['another method', 'PUT / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a method that begins like one', 'GETS / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a method in lower case', 'get / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['two blanks after the method', 'GET  / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['absolute-form', 'GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['asterisk-form', 'OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a fragment', 'GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a byte above ASCII in the target', 'GET /\xe9 HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a quote in the target', 'GET /"a" HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a backslash in the target', 'GET /a\\b HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a blank in the target', 'GET /a b HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['no target', 'GET HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: h\r\n\r\n'],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: h\r\n\r\n'],
  ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: h\r\n\r\n'],
  ['HTTP/0.9', 'GET /\r\n'],
  ['no Host', 'GET / HTTP/1.1\r\nAccept: */*\r\n\r\n'],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n'],
  ['a length', 'GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n'],
  ['a length in other letters', 'GET / HTTP/1.1\r\nHost: h\r\ncOnTeNt-LeNgTh: 5\r\n\r\nhello'],
  ['a length with an underscore', 'GET / HTTP/1.1\r\nHost: h\r\nContent_Length: 5\r\n\r\n'],
  ['chunks', 'GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['chunks with an underscore', 'GET / HTTP/1.1\r\nHost: h\r\nTransfer_Encoding: chunked\r\n\r\n'],
  ['Expect', 'GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n'],
  ['Upgrade', 'GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ['Upgrade alone', 'GET / HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\n\r\n'],
  ['Connection: close', 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'],
  ['a list of connection options', 'GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, TE\r\n\r\n'],
  ['an empty Connection', 'GET / HTTP/1.1\r\nHost: h\r\nConnection:\r\n\r\n'],
  ['Proxy-Connection', 'GET / HTTP/1.1\r\nHost: h\r\nProxy-Connection: close\r\n\r\n'],
  ['Trailer', 'GET / HTTP/1.1\r\nHost: h\r\nTrailer: a\r\n\r\n'],
  ['a head that is not complete', 'GET / HTTP/1.1\r\nHost: h\r\n'],
  ['a head without its last byte', 'GET / HTTP/1.1\r\nHost: h\r\n\r'],
  ['half a header line', 'GET / HTTP/1.1\r\nHost: h\r\nAcc'],
  ['a byte after the head', 'GET / HTTP/1.1\r\nHost: h\r\n\r\n\0'],
  ['an empty line after the head', 'GET / HTTP/1.1\r\nHost: h\r\n\r\n\r\n'],
  ['an empty line before it', '\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['two requests', 'GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['LF alone', 'GET / HTTP/1.1\nHost: h\n\n'],
  ['LF alone after a header', 'GET / HTTP/1.1\r\nHost: h\nAccept: */*\r\n\r\n'],
  ['CR alone in a value', 'GET / HTTP/1.1\r\nHost: h\r\nA: b\rc\r\n\r\n'],
  ['NUL in a value', 'GET / HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n'],
  ['DEL in a value', 'GET / HTTP/1.1\r\nHost: h\r\nA: b\x7fc\r\n\r\n'],
  ['a folded line', 'GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n'],
  ['a blank before a colon', 'GET / HTTP/1.1\r\nHost : h\r\n\r\n'],
  ['a blank before a name', 'GET / HTTP/1.1\r\n Host: h\r\n\r\n'],
  ['no name', 'GET / HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n'],
  ['no colon', 'GET / HTTP/1.1\r\nHost: h\r\nabc\r\n\r\n'],
  ['a byte above ASCII in a name', 'GET / HTTP/1.1\r\nHost: h\r\nX-\xe9: b\r\n\r\n'],
  ['more than 4 KB', `GET / HTTP/1.1\r\nHost: h\r\nA: ${'a'.repeat(4 * 1024)}\r\n\r\n`],
] as const;

test.each(PLAIN)('a request %s is read as Node reads it', (_, text) => {
  const { requests, isRefused } = parseRequests(bytesOf(text));
  const [parsed] = requests;
  expect([requests.length, isRefused, parsed?.isComplete]).toEqual([1, false, true]);
  expect(readRequest(bytesOf(text))).toEqual({
    method: parsed?.method,
    target: parsed?.target,
    headers: parsed?.headers,
  });
});

test.each(LEFT_TO_NODE)('%s is left to Node', (_, text) => {
  expect(readRequest(bytesOf(text))).toBe(null);
});

/** Pieces of which requests are made, malformed ones among them. */
const piece = fc.constantFrom(
  ...[
    'GET',
    'HEAD',
    'OPTIONS',
    'PUT',
    ' ',
    '/',
    '/a?b',
    '#',
    '%2f',
    'HTTP/1.1',
    'HTTP/1.0',
    '\r\n',
    '\r',
    '\n',
  ],
  ...[
    'Host',
    'host',
    'Host: h\r\n',
    ':',
    ': ',
    '\t',
    'Origin: https://a.example\r\n',
    'Connection: ',
    'close',
  ],
  ...[
    'keep-alive',
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    '\r\n\r\n',
    '\0',
    '\x7f',
    '\xe9',
  ],
  ...['Expect: 100-continue\r\n', 'Upgrade: h2c\r\n', 'x-oss-meta-a', ',', ';', '"', 'a', '0'],
);
const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);
const value = fc.stringMatching(/^[\t -~\x80-\xff]{0,20}$/);
const blank = fc.constantFrom('', ' ', '\t', '  ');
const line = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .tuple(token, blank, value, blank)
      .map(([name, before, text, after]) => `${name}:${before}${text}${after}\r\n`),
  },
  fc.constantFrom(
    'Connection: keep-alive\r\n',
    'Connection: close\r\n',
    'Content-Length: 0\r\n',
    'Host: b\r\n',
  ),
);
const target = fc.oneof(
  { weight: 9, arbitrary: fc.stringMatching(/^\/[\w.~!$&'()*+,;=:@%/?-]{0,20}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^\/["#[\]^`{|}<>\\ -~\x80-\xff]{1,20}$/) },
);
const request = fc
  .tuple(fc.constantFrom('GET', 'HEAD', 'OPTIONS'), target, fc.array(line, { maxLength: 6 }))
  .map(([method, path, lines]) => `${method} ${path} HTTP/1.1\r\nHost: h\r\n${lines.join('')}\r\n`);
/** A request, often with some pieces put in or taken out. */
const damaged = fc
  .tuple(
    request,
    fc.array(fc.tuple(fc.nat(200), fc.nat(3), fc.oneof(piece, fc.constant(''))), { maxLength: 3 }),
  )
  .map(([text, changes]) =>
    changes.reduce((now, [at, remove, insert]) => {
      const place = at % (now.length + 1);
      return now.slice(0, place) + insert + now.slice(place + remove);
    }, text),
  );

test('what it reads Node reads in the same way: one request, without a body, after which another may follow', () => {
  let read = 0;
  let left = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        damaged,
        fc.array(piece, { maxLength: 20 }).map((all) => all.join('')),
      ),
      (text) => {
        const bytes = bytesOf(text);
        const own = readRequest(bytes);
        if (own === null) {
          left += 1;
          return;
        }
        read += 1;
        const { requests, isRefused } = parseRequests(bytes);
        const framing = { version: '1.1', persists: true, upgrades: false, bodyBytes: 0, isComplete: true };
        expect({ requests, isRefused }).toEqual({ requests: [{ ...own, ...framing }], isRefused: false });
      },
    ),
    { numRuns: 20_000 },
  );
  // Otherwise the law would say nothing.
  expect(read).toBeGreaterThan(2_000);
  expect(left).toBeGreaterThan(5_000);
});
