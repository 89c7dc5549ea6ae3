import { describe, expect, test } from 'vitest';
import { dial, rawly } from '../../helpers/client.ts';
import { until } from '../../helpers/until.ts';
import { HOST, lines, OBJECT, SMUGGLED, statuses, useFramed } from './_framing.ts';

type Row = readonly [name: string, text: string];

const get = (...headers: readonly string[]) => lines('GET /key HTTP/1.1', `Host: ${HOST}`, ...headers);
const put = (...headers: readonly string[]) => lines('PUT /key HTTP/1.1', `Host: ${HOST}`, ...headers);
const LENGTH = 'Content-Length: 3';
const CHUNKED = 'Transfer-Encoding: chunked';
const CHUNKS = '3\r\nabc\r\n0\r\n\r\n';

const FRAMING: readonly Row[] = [
  ['both framings', put(LENGTH, CHUNKED) + CHUNKS],
  ['both framings, the other way round', put(CHUNKED, LENGTH) + CHUNKS],
  ['both framings, one of them obscured', `${put(LENGTH, 'Transfer-Encoding: xchunked')}abc`],
  ['both framings, one of them identity', `${put('Transfer-Encoding: identity', LENGTH)}abc`],
  ['two lengths', `${put(LENGTH, 'Content-Length: 4')}abcd`],
  ['two equal lengths', `${put(LENGTH, LENGTH)}abc`],
  ['a list of equal lengths', `${put('Content-Length: 3, 3')}abc`],
  ...['-3', '+3', '0x3', '3 3', '3.0', '', '\v3', '3;', '99999999999999999999', '18446744073709551616'].map(
    (length): Row => [`the length "${length}"`, `${put(`Content-Length: ${length}`)}abc`],
  ),
  ...['chunked, chunked', 'chunked, gzip', 'chunked,', '\vchunked', 'chunked\0', ''].map(
    (coding): Row => [`the coding "${coding}"`, put(`Transfer-Encoding: ${coding}`) + CHUNKS],
  ),
  ['two lines of chunked', put(CHUNKED, CHUNKED) + CHUNKS],
  ['chunked and identity in two lines', put(CHUNKED, 'Transfer-Encoding: identity') + CHUNKS],
  ['a blank before the colon of a coding', put('Transfer-Encoding : chunked') + CHUNKS],
  ['a tab before the colon of a coding', put('Transfer-Encoding\t: chunked') + CHUNKS],
  ['a coding behind a blank', put(' Transfer-Encoding: chunked') + CHUNKS],
  ['a coding on a folded line', put('Transfer-Encoding:\r\n chunked') + CHUNKS],
  ['a coding in HTTP/1.0', lines('PUT /key HTTP/1.0', `Host: ${HOST}`, CHUNKED) + CHUNKS],
  [
    'a coding in HTTP/1.0 with keep-alive',
    lines('PUT /key HTTP/1.0', `Host: ${HOST}`, 'Connection: keep-alive', CHUNKED) + CHUNKS,
  ],
];

const LINES: readonly Row[] = [
  ['no Host', lines('GET /key HTTP/1.1', 'X-One: 1')],
  ['no Host beside an absolute target', lines(`GET http://${HOST}/key HTTP/1.1`, 'X-One: 1')],
  ['a folded line', get('X-One: 1', ' 2')],
  ['a line folded by a tab', get('X-One: 1', '\t2')],
  ['a folded Host', lines('GET /key HTTP/1.1', 'Host:', ` ${HOST}`)],
  ['a blank before the first header', lines('GET /key HTTP/1.1', ` Host: ${HOST}`)],
  ['line feeds alone', get().replaceAll('\r\n', '\n')],
  ['a line feed after the request line', get().replace('\r\n', '\n')],
  ['a line feed between headers', get('X-One: 1\nX-Two: 2')],
  ['a line feed at the end of the head', get('X-One: 1').replace(/\r\n$/, '\n')],
  ['a carriage return between headers', get('X-One: 1\rX-Two: 2')],
  ['a carriage return in a value', get('X-One: 1\r2')],
  ['a line without a colon', get('nonsense')],
  ...['\0', '\x01', '\x08', '\v', '\f', '\x1b', '\x7f'].map(
    (char): Row => [`the character ${char.charCodeAt(0)} in a value`, get(`X-One: a${char}b`)],
  ),
  ...[' ', '\t', '\0', '\x7f', '\xe9', '(', ')', '/', '"', '@', '[', '{', ',', ';', '='].map(
    (char): Row => [`the character ${char.charCodeAt(0)} in a name`, get(`X${char}One: 1`)],
  ),
  ['a blank before a colon', get('X-One : 1')],
  ['an empty name', get(': 1')],
];

const REQUEST_LINES: readonly Row[] = [
  ['HTTP/0.9', 'GET /key\r\n\r\n'],
  ['HTTP/0.9 by its name', lines('GET /key HTTP/0.9', `Host: ${HOST}`)],
  ['HTTP/2.0', lines('GET /key HTTP/2.0', `Host: ${HOST}`)],
  ['HTTP/2.0 without a Host', 'GET /key HTTP/2.0\r\n\r\n'],
  ['HTTP/2.0 with a coding', lines('PUT /key HTTP/2.0', `Host: ${HOST}`, CHUNKED) + CHUNKS],
  ['HTTP/1.2', lines('GET /key HTTP/1.2', `Host: ${HOST}`)],
  ['a method in lower case', lines('get /key HTTP/1.1', `Host: ${HOST}`)],
  ['an unknown method', lines('STEAL /key HTTP/1.1', `Host: ${HOST}`)],
  ['a blank before the method', lines(' GET /key HTTP/1.1', `Host: ${HOST}`)],
  ['tabs', lines('GET\t/key\tHTTP/1.1', `Host: ${HOST}`)],
  ['a blank at the end', lines('GET /key HTTP/1.1 ', `Host: ${HOST}`)],
  ['a blank in the target', lines('GET /key two HTTP/1.1', `Host: ${HOST}`)],
  ...['\0', '\x01', '\x7f', '\xe9'].map(
    (char): Row => [
      `the character ${char.charCodeAt(0)} in the target`,
      lines(`GET /a${char} HTTP/1.1`, `Host: ${HOST}`),
    ],
  ),
];

describe.each([
  ['framing', FRAMING],
  ['a header line', LINES],
  ['a request line', REQUEST_LINES],
])('what no answer of the edge’s own is given to, for %s:', (_, rows) => {
  const framed = useFramed();

  test.each(rows)(
    '%s gets a bare 400 and a closed connection, and the bucket gets nothing',
    async (_name, text) => {
      const answered = await rawly(framed().edge.url, text + SMUGGLED);
      expect(statuses(answered)).toEqual([400]);
      expect(answered).toMatch(/^Connection: close\r$/m);
      expect(answered).toMatch(/\r\n\r\n$/);
      expect(framed().bucket.begun).toEqual([]);
      expect(framed().bucket.bytes()).toBe(0);
    },
  );
});

const REFUSED: readonly (readonly [name: string, text: string, status: number, code: string])[] = [
  ...[
    'gzip',
    'identity',
    'gzip, chunked',
    'xchunked',
    'chunked;q=1',
    '"chunked"',
    ',chunked',
    ',',
    'chu\tnked',
    'chunked\xa0',
  ].map(
    (coding) =>
      [
        `the coding "${coding}"`,
        put(`Transfer-Encoding: ${coding}`) + CHUNKS,
        501,
        'NotImplemented',
      ] as const,
  ),
  ['gzip and chunked in two lines', put('Transfer-Encoding: gzip', CHUNKED) + CHUNKS, 501, 'NotImplemented'],
  ['a coding of a GET', get('Transfer-Encoding: gzip'), 501, 'NotImplemented'],
  ['a length beyond counting', put('Content-Length: 18446744073709551615'), 400, 'RequestInvalid'],
  ['a length of 2^53', put('Content-Length: 9007199254740992'), 400, 'RequestInvalid'],
  ['Transfer_Encoding', put('Transfer_Encoding: chunked') + CHUNKS, 400, 'RequestInvalid'],
  ['Content_Length', put('Content_Length: 48'), 400, 'RequestInvalid'],
];

describe('a request that the edge refuses for its framing', () => {
  const framed = useFramed();

  test.each(REFUSED)(
    '%s gets an error with its reason and a closed connection, and the bucket gets nothing',
    async (_, text, status, code) => {
      const answered = await rawly(framed().edge.url, text + SMUGGLED);
      expect(statuses(answered)).toEqual([status]);
      expect(answered).toContain(`<Code>${code}</Code>`);
      expect(answered).toMatch(/^Connection: close\r$/m);
      expect(framed().bucket.bytes()).toBe(0);
    },
  );

  test('does not let the bytes behind it through as another version', async () => {
    const smuggled = lines('GET /smuggled HTTP/2.0', `Host: ${HOST}`);
    const answered = await rawly(framed().edge.url, put('Content_Length: 40') + smuggled);
    expect(statuses(answered)).toEqual([400]);
    expect(framed().bucket.bytes()).toBe(0);
  });

  test.each([
    ['two Host headers', ['Host: a.test']],
    ['two equal Host headers', [`Host: ${HOST}`]],
    ['an empty Host header more', ['Host:']],
  ])('%s get an error with its reason, and the bucket gets nothing', async (_, more) => {
    const answered = await rawly(framed().edge.url, get('Connection: close', ...more));
    expect(statuses(answered)).toEqual([400]);
    expect(answered).toContain('<Code>InvalidHost</Code>');
    expect(framed().bucket.bytes()).toBe(0);
  });

  test.each([
    'a, b',
    'a,b',
    'a/b',
    'user@a',
    'a b',
    'a?b',
    'a:b',
    'a:80:80',
    'b\xfccket',
    '[::1',
    '"a"',
    'a\\b',
  ])('the Host "%s" is no host', async (host) => {
    const text = lines('GET /key HTTP/1.1', `Host: ${host}`, 'Connection: close');
    expect(await rawly(framed().edge.url, text)).toContain('<Code>InvalidHost</Code>');
    expect(framed().bucket.bytes()).toBe(0);
  });

  test.each([HOST, `${HOST}:80`, `${HOST}:`, HOST.toUpperCase()])('the Host "%s" is valid', async (host) => {
    const text = lines('GET /key HTTP/1.1', `Host: ${host}`, 'Connection: close');
    expect(statuses(await rawly(framed().edge.url, text))).toEqual([200]);
  });

  test.each(['', '[::1]:80', 'a_b.test', 'a%20b'])(
    'the Host "%s" is valid and belongs to no bucket',
    async (host) => {
      const text = lines('GET /key HTTP/1.1', `Host: ${host}`, 'Connection: close');
      expect(await rawly(framed().edge.url, text)).toContain('<Code>NoSuchBucket</Code>');
    },
  );
});

describe('the number of header lines', () => {
  const framed = useFramed();
  /** Host and Connection included. */
  const numbered = (count: number) =>
    get('Connection: close', ...Array.from({ length: count - 2 }, (_, at) => `X-${at}: 1`));

  test.each([1, 99, 100])('%i lines pass', async (count) => {
    const answered = await rawly(framed().edge.url, numbered(Math.max(count, 2)));
    expect(statuses(answered)).toEqual([200]);
  });

  test.each([101, 200, 990])('%i lines get an error that says there are too many', async (count) => {
    const answered = await rawly(framed().edge.url, numbered(count));
    expect(statuses(answered)).toEqual([431]);
    expect(answered).toContain('<Code>RequestHeaderTooLarge</Code>');
    expect(answered).toContain('100 lines');
    expect(framed().bucket.bytes()).toBe(0);
  });

  test.each([1001, 2500, 6000])('%i lines, in many packets, are refused', async (count) => {
    const socket = dial(framed().edge.url);
    socket.setNoDelay(true);
    let text = '';
    let closed = false;
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.once('close', () => {
      closed = true;
    });
    const head = numbered(count);
    for (let at = 0; at < head.length; at += 4_000) {
      socket.write(head.slice(at, at + 4_000), 'latin1');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('the connection is closed', () => closed);
    expect(statuses(text)).toEqual([431]);
    expect(framed().bucket.bytes()).toBe(0);
  });
});

describe('a request that is unusual and valid', () => {
  const framed = useFramed();

  test.each<Row>([
    ['a length behind a tab', `${put('Content-Length:\t3')}abc`],
    ['a length before a tab', `${put('Content-Length: 3\t')}abc`],
    ['a length with zeros before it', `${put('Content-Length: 0003')}abc`],
    ['chunked behind a tab', put('Transfer-Encoding:\tchunked') + CHUNKS],
    ['chunked in mixed case', put('Transfer-Encoding: ChUnKeD') + CHUNKS],
    ['a Connection header that names the coding', put('Connection: transfer-encoding', CHUNKED) + CHUNKS],
    ['a Connection header that names the length', `${put('Connection: content-length', LENGTH)}abc`],
    ['every character that a name may have', put("!#$%&'*+-.^_`|~9: 1", CHUNKED) + CHUNKS],
    ['names that objects have', put('__proto__: 1', 'constructor: 2', CHUNKED) + CHUNKS],
    ['a tab and Latin-1 in a value', put('X-One: a\tb\xe9', CHUNKED) + CHUNKS],
    ['a small chunk extension', `${put(CHUNKED)}3;a="b"\r\nabc\r\n0\r\n\r\n`],
    ['zeros before a chunk size', `${put(CHUNKED)}00000000003\r\nabc\r\n0\r\n\r\n`],
    ['a trailer', `${put(CHUNKED)}3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n`],
    ['a trailer that names another host', `${put(CHUNKED)}3\r\nabc\r\n0\r\nHost: evil.test\r\n\r\n`],
    ['empty lines before the request', `\r\n\r\n${put(LENGTH)}abc`],
  ])('%s goes on as one request, and the next one as the next', async (_, text) => {
    const next = lines('GET /next HTTP/1.1', `Host: ${HOST}`, 'Connection: close');
    const answered = await rawly(framed().edge.url, text + next);
    expect(statuses(answered)).toEqual([200, 200]);
    expect(answered.split(OBJECT)).toHaveLength(3);
    expect(framed().bucket.whole.toSorted()).toEqual(['GET /next', 'PUT /key abc']);
    expect(framed().bucket.begun).toHaveLength(2);
  });

  test('with Upgrade is served without the upgrade, as the last request of its connection', async () => {
    const text = `${put('Connection: upgrade', 'Upgrade: h2c', LENGTH)}abc`;
    const answered = await rawly(framed().edge.url, text + SMUGGLED);
    expect(statuses(answered)).toEqual([200]);
    expect(answered).toMatch(/^Connection: close\r$/m);
    expect(framed().bucket.whole).toEqual(['PUT /key abc']);
    expect(framed().bucket.begun).toHaveLength(1);
  });
});
