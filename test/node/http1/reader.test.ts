import { describe, expect, test } from 'vitest';
import type { AnswerReceiver } from '../../../src/node/http1/answer.ts';
import { openReader } from '../../../src/node/http1/reader.ts';
import { bytesOf, everywhere, type Reading, read } from './_read.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const COUNTED = `${OK}Content-Length: 2\r\n\r\nok`;
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const EARLY = 'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n';

type Row = readonly [name: string, text: string, method: string, expected: Partial<Reading>];

const framed: readonly Row[] = [
  ['a Content-Length', COUNTED, 'GET', { body: 'ok', length: 2, taken: COUNTED.length }],
  ['a Content-Length with zeros', `${OK}Content-Length: 002\r\n\r\nok`, 'GET', { body: 'ok', length: 2 }],
  ['a Content-Length of 0', `${OK}Content-Length: 0\r\n\r\n`, 'GET', { body: '', length: 0, persists: true }],
  ['chunks', `${CHUNKED}2\r\nok\r\n0\r\n\r\n`, 'GET', { body: 'ok', length: -1, persists: true }],
  ['no chunk but the last', `${CHUNKED}0\r\n\r\n`, 'GET', { body: '', length: -1 }],
  [
    'sizes with zeros and capitals',
    `${CHUNKED}00A\r\n0123456789\r\n00\r\n\r\n`,
    'GET',
    { body: '0123456789' },
  ],
  [
    'a chunk of 300 bytes',
    `${CHUNKED}12c\r\n${'x'.repeat(300)}\r\n0\r\n\r\n`,
    'GET',
    { body: 'x'.repeat(300) },
  ],
  ['chunks with CRLF in their data', `${CHUNKED}4\r\n\r\n\r\n\r\n0\r\n\r\n`, 'GET', { body: '\r\n\r\n' }],
  ['an extension', `${CHUNKED}2;a;b=c;d="e \\" \xff"\r\nok\r\n0;a\r\n\r\n`, 'GET', { body: 'ok' }],
  ['trailers, which are dropped', `${CHUNKED}2\r\nok\r\n0\r\nA: b\r\nC:\r\n\r\n`, 'GET', { body: 'ok' }],
  ['the close of the connection', `${OK}\r\nok`, 'GET', { body: 'ok', length: -1, persists: false }],
  ['the close, and no byte', `${OK}\r\n`, 'GET', { body: '', length: -1, persists: false }],
  ['HEAD with a length', `${OK}Content-Length: 2\r\n\r\n`, 'HEAD', { body: '', length: 2, persists: false }],
  ['HEAD with chunks', CHUNKED, 'HEAD', { body: '', length: -1, persists: false }],
  ['HEAD without a length', `${OK}\r\n`, 'HEAD', { body: '', length: -1, persists: false }],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 'GET', { body: '', length: -1, persists: true }],
  [
    '204 with a length',
    'HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n',
    'GET',
    { length: 2, persists: false },
  ],
  [
    '204 with the length 0',
    'HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n',
    'GET',
    { length: 0, persists: true },
  ],
  ['204 with chunks', 'HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n', 'GET', { persists: false }],
  ['205 with a body', 'HTTP/1.1 205 No\r\nContent-Length: 2\r\n\r\nok', 'GET', { body: 'ok' }],
  [
    '304 with a length',
    'HTTP/1.1 304 No\r\nContent-Length: 2\r\n\r\n',
    'GET',
    { body: '', length: 2, persists: false },
  ],
  ['304 without a length', 'HTTP/1.1 304 No\r\n\r\n', 'GET', { body: '', length: -1, persists: true }],
  ['informational heads', `${EARLY}HTTP/1.1 102\r\n\r\n${COUNTED}`, 'GET', { informational: 2, body: 'ok' }],
  ['32 informational heads', EARLY.repeat(32) + COUNTED, 'GET', { informational: 32, body: 'ok' }],
  [
    'a length of an informational head',
    `HTTP/1.1 103\r\nContent-Length: 9\r\n\r\n${COUNTED}`,
    'GET',
    { length: 2 },
  ],
  ['bytes after a body', `${COUNTED}HTTP/1.1 500\r\n\r\n`, 'GET', { taken: COUNTED.length, body: 'ok' }],
  ['bytes after the last chunk', `${CHUNKED}0\r\n\r\nx`, 'GET', { taken: CHUNKED.length + 5 }],
  ['bytes after trailers', `${CHUNKED}0\r\nA: b\r\n\r\nx`, 'GET', { taken: CHUNKED.length + 11 }],
  ['bytes after a 304', 'HTTP/1.1 304 No\r\n\r\nx', 'GET', { taken: 19 }],
];

const heads: readonly Row[] = [
  ['no reason', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', 'GET', { status: 200 }],
  ['an empty reason', 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n', 'GET', { status: 200 }],
  ['a reason of odd bytes', 'HTTP/1.1 200 \t\xff \x80\r\nContent-Length: 0\r\n\r\n', 'GET', { status: 200 }],
  ['the status 999', 'HTTP/1.1 999 Own\r\nContent-Length: 0\r\n\r\n', 'GET', { status: 999 }],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 'GET', { body: 'ok', persists: false }],
  [
    'repeated names in any case',
    `${OK}Set-Cookie: a\r\nSET-COOKIE: b\r\ncontent-LENGTH: 0\r\n\r\n`,
    'GET',
    { headers: ['Set-Cookie', 'a', 'SET-COOKIE', 'b', 'content-LENGTH', '0'], length: 0 },
  ],
  [
    'every character of a name',
    `${OK}!#$%&'*+-.^_\`|~09azAZ: v\r\n\r\n`,
    'GET',
    { headers: ["!#$%&'*+-.^_`|~09azAZ", 'v'] },
  ],
  [
    'blanks around values',
    `${OK}A:b\r\nC: \t d e\tf \t\r\nG:\r\nH: \t\r\nI: \x80\xff~!\r\n\r\n`,
    'GET',
    { headers: ['A', 'b', 'C', 'd e\tf', 'G', '', 'H', '', 'I', '\x80\xff~!'] },
  ],
  ['a colon in a value', `${OK}A: b: c\r\n\r\n`, 'GET', { headers: ['A', 'b: c'] }],
  ['no header line', `${OK}\r\n`, 'GET', { headers: [] }],
];

const header = (line: string, minor = 1): string =>
  `HTTP/1.${minor} 200 OK\r\n${line}\r\nContent-Length: 0\r\n\r\n`;
/** RFC 9112 §9.3. */
const connections: readonly Row[] = [
  ['close', header('Connection: close'), 'GET', { persists: false }],
  ['CLOSE', header('CONNECTION:CLOSE'), 'GET', { persists: false }],
  ['close in a list', header('Connection: x-own ,\tclose,'), 'GET', { persists: false }],
  ['close in a second line', header('Connection: x-own\r\nConnection: close'), 'GET', { persists: false }],
  ['close and keep-alive', header('Connection: keep-alive, close'), 'GET', { persists: false }],
  ['closed', header('Connection: closed'), 'GET', { persists: true }],
  ['another header with close', header('Connections: close'), 'GET', { persists: true }],
  ['HTTP/1.0 with keep-alive', header('Connection: Keep-Alive', 0), 'GET', { persists: true }],
  [
    'HTTP/1.0 with keep-alive and close',
    header('Connection: Keep-Alive, close', 0),
    'GET',
    { persists: false },
  ],
  [
    'HTTP/1.0 with Keep-Alive alone',
    header('Keep-Alive: timeout=5', 0),
    'GET',
    { persists: false, keepAlive: 5 },
  ],
  ['read to the close with keep-alive', `${OK}Connection: keep-alive\r\n\r\nok`, 'GET', { persists: false }],
  ['a timeout', header('Keep-Alive: timeout=5'), 'GET', { keepAlive: 5 }],
  ['a timeout in a list', header('Keep-Alive: max=100, Timeout = "60"'), 'GET', { keepAlive: 60 }],
  [
    'a timeout in a second line',
    header('Keep-Alive: max=9\r\nKeep-Alive: timeout=0'),
    'GET',
    { keepAlive: 0 },
  ],
  ['no timeout', header('Keep-Alive: max=100'), 'GET', { keepAlive: null }],
  ['the name of another parameter', header('Keep-Alive: x-timeout=5'), 'GET', { keepAlive: null }],
  [
    'a timeout beyond all use',
    header('Keep-Alive: timeout=99999999999999999999'),
    'GET',
    { keepAlive: null },
  ],
];

describe.each([
  ['at once', () => []],
  ['byte by byte', everywhere],
])('%s', (_, cutsOf) => {
  test.each([...framed, ...heads, ...connections])(
    'a response with %s is read',
    (_name, text, method, expected) => {
      const bytes = bytesOf(text);
      expect(read(bytes, method, cutsOf(bytes))).toMatchObject({ isComplete: true, fault: '', ...expected });
    },
  );
});

test.each([
  ['a body', `${OK}Content-Length: 3\r\n\r\nok`],
  ['a chunk', `${CHUNKED}3\r\nok`],
  ['the last chunk', `${CHUNKED}2\r\nok\r\n`],
  ['trailers', `${CHUNKED}2\r\nok\r\n0\r\n`],
  ['a head', 'HTTP/1.1 200 OK\r\nA: b\r\n'],
  ['an informational response', EARLY],
  ['nothing', ''],
])('a close in %s completes nothing', (_, text) => {
  expect(read(bytesOf(text))).toMatchObject({ isComplete: false, fault: '' });
});

describe('one reader', () => {
  const seen: unknown[] = [];
  const receiver: AnswerReceiver = {
    informational: () => seen.push('informational'),
    head: (status, _headers, length) => seen.push([status, length]),
    data: (chunk) => seen.push(chunk.toString()),
    end: () => seen.push('end'),
  };

  test('reads responses one after the other, each with its own framing', () => {
    seen.length = 0;
    const reader = openReader(receiver);
    const texts = [
      `${CHUNKED}2\r\nok\r\n0\r\n\r\n`,
      'HTTP/1.0 204 No\r\nConnection: close\r\n\r\n',
      `${EARLY}${COUNTED}`,
    ];
    const persisted = texts.map((text) => {
      reader.begin('GET');
      expect(reader.take(bytesOf(text))).toBe(text.length);
      return reader.persists();
    });
    expect(persisted).toEqual([true, false, true]);
    expect(seen).toEqual([[200, -1], 'ok', 'end', [204, -1], 'end', 'informational', [200, 2], 'ok', 'end']);
  });

  test('takes no byte before a request and after a response', () => {
    const reader = openReader(receiver);
    expect(reader.take(bytesOf(COUNTED))).toBe(0);
    reader.begin('GET');
    reader.take(bytesOf(COUNTED));
    expect(reader.take(bytesOf('x'))).toBe(0);
    expect(reader.close()).toBe(false);
  });

  test('passes parts of a body on as views of the bytes that it took', () => {
    const chunks: Buffer[] = [];
    const reader = openReader({ ...receiver, data: (chunk) => chunks.push(chunk) });
    reader.begin('GET');
    const bytes = bytesOf(`${CHUNKED}2\r\nok\r\n3\r\nabc\r\n0\r\n\r\n`);
    reader.take(bytes);
    expect(chunks.map(String)).toEqual(['ok', 'abc']);
    expect(chunks.every(({ buffer }) => buffer === bytes.buffer)).toBe(true);
  });

  test('may begin with the next request while the last response ends, and leaves the bytes after it alone', () => {
    seen.length = 0;
    const reader = openReader({
      ...receiver,
      end() {
        seen.push(['end', reader.persists()]);
        reader.begin('HEAD');
      },
    });
    reader.begin('GET');
    expect(reader.take(bytesOf(COUNTED + COUNTED))).toBe(COUNTED.length);
    expect(reader.take(bytesOf(`${OK}Content-Length: 2\r\n\r\n`))).toBe(38);
    expect(seen).toEqual([[200, 2], 'ok', ['end', true], [200, 2], ['end', false]]);
  });

  const WHOLE = `${EARLY}${CHUNKED}2\r\nok\r\n2\r\nok\r\n0\r\n\r\n`;
  test.each([
    ['informational', 1],
    ['head', 2],
    ['data', 3],
    ['end', 5],
  ] as const)('calls nothing after a stop in `%s`', (callback, count) => {
    let calls = 0;
    const counting = (name: string) => (): void => {
      calls += 1;
      if (name === callback) reader.stop();
    };
    const reader = openReader({
      informational: counting('informational'),
      head: counting('head'),
      data: counting('data'),
      end: counting('end'),
    });
    reader.begin('GET');
    expect(reader.take(bytesOf(WHOLE))).toBe(WHOLE.length);
    expect(reader.take(bytesOf('more'))).toBe(4);
    expect([calls, reader.close(), reader.persists()]).toEqual([count, false, false]);
    reader.begin('GET');
    expect(reader.take(bytesOf(COUNTED))).toBe(COUNTED.length);
  });
});
