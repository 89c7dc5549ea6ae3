import { describe, expect, test } from 'vitest';
import { MAX_LINE } from '../../../src/node/http1/chunks.ts';
import { MAX_SECTION } from '../../../src/node/http1/section.ts';
import { bytesOf, everywhere, read } from './_read.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const COUNTED = `${OK}Content-Length: 2\r\n\r\nok`;

const PROTOCOL = 'the bucket does not speak the HTTP/1.1 protocol';
const STATUS = 'the status line has no status of three digits';
const REASON = 'the status line has an invalid reason phrase';
const LINE_END = 'a line of the head, or of the trailer section, does not end with CRLF';
const VALUE = 'a header line has an invalid character in its value';
const NAME = 'a header line has an invalid character in its name';
const BLANK = 'a header line has a blank before its colon';
const FOLDED = 'a header line begins with a blank (line folding)';
const DIGITS = 'the Content-Length does not consist of digits';
const BOTH = 'the response has both a Content-Length and a Transfer-Encoding';
const CODING = 'the body has another transfer coding than one chunked';
const BEHIND = 'a line that frames the body has a blank after its value';
const SIZE = 'the size of a chunk is not plain hexadecimal';
const EXTENSION = 'a chunk extension has an invalid character';
const CHUNK_END = 'the line of a chunk, or its data, does not end with CRLF';

/** Where a rule comes from; bytes that break it; the fault. */
type Row = readonly [section: string, text: string, fault: string];

const start = (line: string): string => `${line}\r\nContent-Length: 0\r\n\r\n`;
/** RFC 9112 §4, RFC 9110 §15. */
const statusLines: readonly Row[] = [
  ['RFC 9112 §2.3', start('HTTP/2.0 200 OK'), PROTOCOL],
  ['RFC 9112 §2.3', start('HTTP/1.2 200 OK'), PROTOCOL],
  ['RFC 9112 §2.3', start('HTTP/0.9 200 OK'), PROTOCOL],
  ['RFC 9112 §2.3', start('http/1.1 200 OK'), PROTOCOL],
  ['RFC 9112 §2.3', start('HTTP/1 200 OK'), PROTOCOL],
  ['RFC 9112 §4', start('RTSP/1.0 200 OK'), PROTOCOL],
  ['RFC 9112 §4', start('ICY 200 OK'), PROTOCOL],
  ['RFC 9112 §4', '220 ready\r\n', PROTOCOL],
  ['RFC 9112 §4', '\x15\x03\x01\0\x02\x02\x50', PROTOCOL],
  ['RFC 9112 §2.2', `\r\n${COUNTED}`, PROTOCOL],
  ['RFC 9112 §2.2', `\n${COUNTED}`, PROTOCOL],
  ['RFC 9112 §2.2', ` ${COUNTED}`, PROTOCOL],
  ['RFC 9112 §2.2', `HTTP/1.1 103\r\n\r\n\r\n${COUNTED}`, PROTOCOL],
  ['RFC 9112 §4', start('HTTP/1.1  200 OK'), STATUS],
  ['RFC 9112 §4', start('HTTP/1.1\t200 OK'), STATUS],
  ['RFC 9112 §4', start('HTTP/1.1 20 OK'), STATUS],
  ['RFC 9112 §4', start('HTTP/1.1 2x0 OK'), STATUS],
  ['RFC 9112 §4', start('HTTP/1.1 +20 OK'), STATUS],
  ['RFC 9112 §4', start('HTTP/1.1'), STATUS],
  ['RFC 9110 §15', start('HTTP/1.1 099 OK'), STATUS],
  ['RFC 9110 §15', start('HTTP/1.1 000 OK'), STATUS],
  ['RFC 9112 §4', start('HTTP/1.1 2000 OK'), REASON],
  ['RFC 9112 §4', start('HTTP/1.1 200OK'), REASON],
  ['RFC 9112 §4', start('HTTP/1.1 200\tOK'), REASON],
  ['RFC 9112 §4', start('HTTP/1.1 200 O\x01K'), REASON],
  ['RFC 9112 §4', start('HTTP/1.1 200 O\0K'), REASON],
  ['RFC 9112 §4', start('HTTP/1.1 200 O\x7fK'), REASON],
  ['RFC 9112 §2.2', start('HTTP/1.1 200 O\rK'), REASON],
  ['RFC 9112 §2.2', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n', REASON],
];

const field = (lines: string): string => `${OK}${lines}\r\nContent-Length: 0\r\n\r\n`;
/** RFC 9112 §5, RFC 9110 §5. */
const fields: readonly Row[] = [
  ['RFC 9112 §5.1', field('A : b'), BLANK],
  ['RFC 9112 §5.1', field('A\t: b'), BLANK],
  ['RFC 9112 §5.1', field('Content-Length : 5'), BLANK],
  ['RFC 9112 §5.2', field('A: b\r\n c'), FOLDED],
  ['RFC 9112 §5.2', field('A: b\r\n\tc: d'), FOLDED],
  ['RFC 9112 §5.2', field('A:\r\n \r\nB: c'), FOLDED],
  ['RFC 9112 §2.2', field(' A: b'), FOLDED],
  ['RFC 9112 §5', field('A'), 'a header line has no colon'],
  ['RFC 9112 §5', field(': b'), 'a header line has no name'],
  ['RFC 9110 §5.1', field('A(b: c'), NAME],
  ['RFC 9110 §5.1', field('A@b: c'), NAME],
  ['RFC 9110 §5.1', field('A"b: c'), NAME],
  ['RFC 9110 §5.1', field('\x80: c'), NAME],
  ['RFC 9110 §5.1', field('A\0: c'), NAME],
  ['RFC 9110 §5.5', field('A: b\0'), VALUE],
  ['RFC 9110 §5.5', field('A: \x01'), VALUE],
  ['RFC 9110 §5.5', field('A: b\x7fc'), VALUE],
  ['RFC 9110 §5.5', field('A: \x0b'), VALUE],
  ['RFC 9112 §2.2', field('A: b\rC: d'), VALUE],
  ['RFC 9112 §2.2', field('A: b\nC: d'), VALUE],
  ['RFC 9112 §2.2', field('A: b\r\r'), VALUE],
  ['RFC 9112 §2.2', `${OK}A: b\n\r\n\r\n`, VALUE],
  ['RFC 9112 §2.2', 'HTTP/1.1 200 OK\nA: b\n\nok', LINE_END],
  ['RFC 9112 §2.2', 'HTTP/1.1 200 OK\rA: b\r\rok', LINE_END],
  ['RFC 9112 §2.2', `${OK}A: b\r\n\nok`, LINE_END],
];

/** RFC 9112 §6. */
const framings: readonly Row[] = [
  [
    'RFC 9112 §6.3',
    `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`,
    'the response has more than one Content-Length',
  ],
  [
    'RFC 9112 §6.3',
    `${OK}Content-Length: 2\r\ncontent-length: 3\r\n\r\nok`,
    'the response has more than one Content-Length',
  ],
  ...['2, 2', '2,', '+2', '-2', '0x2', '2.0', '2e0', '2 2', '', '"2"'].map(
    (value): Row => ['RFC 9110 §8.6', `${OK}Content-Length: ${value}\r\n\r\nok`, DIGITS],
  ),
  ['RFC 9112 §6.3', `${OK}Content-Length: 9007199254740992\r\n\r\n`, 'the Content-Length is too large'],
  ['RFC 9112 §6.3', `${OK}Content-Length: ${'9'.repeat(400)}\r\n\r\n`, 'the Content-Length is too large'],
  ['RFC 9112 §6.3', `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, BOTH],
  ['RFC 9112 §6.3', `${OK}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`, BOTH],
  ['RFC 9112 §6.3', 'HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n', BOTH],
  ...[
    'gzip',
    'gzip, chunked',
    'chunked, gzip',
    'chunked, chunked',
    'identity',
    '',
    ',chunked',
    'chunked;q=1',
    '"chunked"',
  ].map((value): Row => ['RFC 9112 §6.1', `${OK}Transfer-Encoding: ${value}\r\n\r\n0\r\n\r\n`, CODING]),
  ['RFC 9112 §6.1', `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, CODING],
  ['RFC 9112 §6.1', `${OK}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, CODING],
  ['RFC 9112 §6.1', 'HTTP/1.1 204 No\r\nTransfer-Encoding: gzip\r\n\r\n', CODING],
  [
    'RFC 9112 §6.1',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a response of HTTP/1.0 is chunked',
  ],
  ['unlike RFC 9112 §5.1', `${OK}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n`, BEHIND],
  ['unlike RFC 9112 §5.1', `${OK}Content-Length: 2 \r\n\r\nok`, BEHIND],
];

const last = '\r\n0\r\n\r\n';
/** RFC 9112 §7.1. */
const chunked: readonly Row[] = [
  ...['', ' 2', '\t2', '+2', '-2', '0x2', 'g', '2 ', '2\t', '2 ;a', '2.', '"2"'].map(
    (size): Row => ['RFC 9112 §7.1', `${CHUNKED}${size}\r\nok${last}`, SIZE],
  ),
  ['RFC 9112 §7.1', `${CHUNKED};a\r\nok${last}`, SIZE],
  ['RFC 9112 §7.1', `${CHUNKED}2\nok${last}`, SIZE],
  ['RFC 9112 §7.1', `${CHUNKED}2\r\nok\r\n\r\n0\r\n\r\n`, SIZE],
  ['RFC 9112 §7.1', `${CHUNKED}20000000000000\r\nok`, 'the size of a chunk is too large'],
  ['RFC 9112 §7.1', `${CHUNKED}${'f'.repeat(400)}\r\nok`, 'the size of a chunk is too large'],
  ...[
    ';',
    ';;a',
    ';a;',
    ';a=',
    ';a=;b',
    ';=b',
    '; a',
    ';a =b',
    ';a= b',
    ';a="b',
    ';a="b"c',
    ';a=b"c"',
    ';a="\x01"',
    ';a="\\\x01"',
    ';a\xff',
    ';a b',
    ';a\n',
  ].map((added): Row => ['RFC 9112 §7.1.1', `${CHUNKED}2${added}\r\nok${last}`, EXTENSION]),
  ['RFC 9112 §2.2', `${CHUNKED}2\rok${last}`, CHUNK_END],
  ['RFC 9112 §2.2', `${CHUNKED}2;a\r\rok${last}`, CHUNK_END],
  ['RFC 9112 §7.1', `${CHUNKED}2\r\nok\rx`, CHUNK_END],
  ['RFC 9112 §7.1', `${CHUNKED}2\r\nokx${last}`, 'the data of a chunk is longer than its size'],
  ['RFC 9112 §7.1', `${CHUNKED}2\r\nok\n0\r\n\r\n`, 'the data of a chunk is longer than its size'],
  [
    'a bound',
    `${CHUNKED}2;a=${'b'.repeat(MAX_LINE)}\r\nok${last}`,
    `the line of a chunk is larger than ${MAX_LINE} bytes`,
  ],
  [
    'a bound',
    `${CHUNKED}${'0'.repeat(MAX_LINE)}2\r\nok${last}`,
    `the line of a chunk is larger than ${MAX_LINE} bytes`,
  ],
];

const trailing = (lines: string): string => `${CHUNKED}2\r\nok\r\n0\r\n${lines}\r\n`;
/** RFC 9112 §7.1.2, RFC 9110 §6.5. */
const trailers: readonly Row[] = [
  ['RFC 9112 §5.1', trailing('A : b\r\n'), BLANK],
  ['RFC 9112 §5.2', trailing('A: b\r\n c\r\n'), FOLDED],
  ['RFC 9112 §5.2', trailing(' A: b\r\n'), FOLDED],
  ['RFC 9112 §5', trailing('A\r\n'), 'a header line has no colon'],
  ['RFC 9110 §5.5', trailing('A: \0\r\n'), VALUE],
  ['RFC 9112 §2.2', trailing('A: b\n'), LINE_END],
  ['RFC 9112 §2.2', `${CHUNKED}0\r\n\n`, LINE_END],
  ['RFC 9112 §2.2', `${CHUNKED}0\r\n\rx`, LINE_END],
  ['RFC 9110 §6.5.1', trailing('Content-Length: 2\r\n'), 'the trailers frame the body'],
  ['RFC 9110 §6.5.1', trailing('A: b\r\ntransfer-encoding: chunked\r\n'), 'the trailers frame the body'],
];

const EARLY = 'HTTP/1.1 103 Early Hints\r\n\r\n';
const MANY = 'the final response does not begin';
/** RFC 9110 §15.2. */
const informational: readonly Row[] = [
  [
    'RFC 9110 §15.2.2',
    `HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n`,
    'the bucket switches to another protocol without a request for it',
  ],
  [
    'undici; RFC 9110 §10.1.1',
    `HTTP/1.1 100 Continue\r\n\r\n${COUNTED}`,
    'the bucket sends a 100 without a request for it',
  ],
  ['RFC 9110 §15.2', `HTTP/1.0 103 Early\r\n\r\n${COUNTED}`, 'an informational response is of HTTP/1.0'],
  [
    'RFC 9112 §9.6',
    `HTTP/1.1 103 Early\r\nConnection: close\r\n\r\n${COUNTED}`,
    'an informational response closes its connection',
  ],
  ['RFC 9112 §5.1', `HTTP/1.1 103 Early\r\nA : b\r\n\r\n${COUNTED}`, BLANK],
  ['RFC 9112 §6.1', `HTTP/1.1 103 Early\r\nTransfer-Encoding: gzip\r\n\r\n${COUNTED}`, CODING],
  ['a bound', EARLY.repeat(33) + COUNTED, MANY],
];

describe.each([
  ['at once', () => []],
  ['byte by byte', everywhere],
])('%s', (_, cutsOf) => {
  test.each([...statusLines, ...fields, ...framings, ...chunked, ...trailers, ...informational])(
    '%s: the response %j is refused',
    (_section, text, fault) => {
      const bytes = bytesOf(text);
      const reading = read(bytes, 'GET', cutsOf(bytes));
      expect(reading).toMatchObject({ isComplete: false, persists: false });
      // In parts, the end of a line is checked before the line is read.
      if (cutsOf(bytes).length === 0) expect(reading.fault).toBe(fault);
      else expect([fault, LINE_END]).toContain(reading.fault);
    },
  );
});

describe('a section of the largest size is read, and one byte more is refused:', () => {
  const LARGE = `the head of the response, or its trailer section, is larger than ${MAX_SECTION} bytes`;
  const filled = (begin: string, end: string, size: number): string =>
    begin + 'x'.repeat(size - begin.length - end.length) + end;
  const END = '\r\nContent-Length: 0\r\n\r\n';
  test.each([
    ['a head', (size: number) => filled(`${OK}A: `, END, size)],
    ['an informational head', (size: number) => filled('HTTP/1.1 103\r\nA: ', '\r\n\r\n', size) + COUNTED],
    // The CRLF of the last chunk counts.
    ['a trailer section', (size: number) => `${CHUNKED}0${filled('\r\nA: ', '\r\n\r\n', size)}`],
  ])('%s', (_, textOf) => {
    for (const cutsOf of [() => [], () => [30, 60, 1_000], everywhere]) {
      const fitting = bytesOf(textOf(MAX_SECTION));
      expect(read(fitting, 'GET', cutsOf(fitting))).toMatchObject({ isComplete: true, fault: '' });
      const larger = bytesOf(textOf(MAX_SECTION + 1));
      expect(read(larger, 'GET', cutsOf(larger))).toMatchObject({ isComplete: false, fault: LARGE });
    }
  });

  test('a head without an end is refused before it ends', () => {
    expect(read(bytesOf(`${OK}A: ${'x'.repeat(MAX_SECTION)}`)).fault).toBe(LARGE);
  });
});

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', PROTOCOL],
  ['bare LF', 'HTTP/1.1 200 OK\nA', LINE_END],
  ['a bare CR', 'HTTP/1.1 200 OK\rA', LINE_END],
])('%s is refused before the head ends', (_, text, fault) => {
  expect(read(bytesOf(text)).fault).toBe(fault);
});
