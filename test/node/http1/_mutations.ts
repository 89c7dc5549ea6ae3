import fc from 'fast-check';

/** One kind of damage to the text of a response. `at` and `byte` choose where, and with what. */
type Mutation = (text: string, at: number, byte: string) => string;

const HEAD_END = '\r\n\r\n';
const splice = (text: string, at: number, remove: number, insert: string): string =>
  text.slice(0, at) + insert + text.slice(at + remove);
const headLength = (text: string): number => {
  const end = text.lastIndexOf(HEAD_END);
  return end === -1 ? text.length : end;
};
/** The nth of what matches, counted round and round, replaced; the text as it is if nothing matches. */
function replaceNth(text: string, pattern: RegExp, at: number, by: (found: string) => string): string {
  const all = [...text.matchAll(pattern)];
  const found = all[at % all.length];
  return found === undefined ? text : splice(text, found.index, found[0].length, by(found[0]));
}
/** Adds a header line before the nth line of the head. */
const addLine = (text: string, at: number, line: string): string =>
  replaceNth(text, /\r\n(?=[^\r\n:]+:|\r\n)/g, at, (end) => `${end}${line}\r\n`);

const LINE = /^[^\r\n:]+:[^\r\n]*\r\n/gm;
const NUMBER = /^(?:content-length:[\t ]*)?[\da-f]+(?=[;\r])/gim;
const SIZES = [
  'ffffffffffffffff',
  'fffffffffffffffff',
  '20000000000000',
  '9007199254740993',
  '99999999999999999999',
];
const VERSIONS = [
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.1.',
  'HTTP/1',
  'RTSP/1.0',
  'ICY',
  'HTTP/11',
  'HTTP/1.0',
];
const CODINGS = [
  'gzip',
  'gzip, chunked',
  'chunked, chunked',
  'identity',
  '',
  'chunked;q=1',
  'chunked,',
  '"chunked"',
  'chunked',
];
const EXTENSIONS = [
  ';',
  ';;',
  '; a=b',
  ' ;a',
  ';a =b',
  ';a= b',
  ';a=',
  ';a="b',
  ';a="b"c',
  ';a=b"c"',
  ';a="\x01"',
  ';=b',
  ' ',
  ';a="\\\x7f"',
];
const LENGTHS = ['', '+5', '-1', '5, 5', '5 5', '0x5', '5.0', '5e0', ' ', '5\t', '5 ', '1_0', '5,'];
const STATUSES = ['099', '000', '99', '1000', '2 0', '+20', '101', '100', '20x', ''];
const REASONS = ['\x01', '\0', '\x7f', '\x1b[2J', '\rX', '\nX'];
const one = (list: readonly string[], at: number): string => list[at % list.length] ?? '';

/** By what they damage. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a byte inserted': (text, at, byte) => splice(text, at % (text.length + 1), 0, byte),
  'a byte inserted in the head': (text, at, byte) => splice(text, at % (headLength(text) + 1), 0, byte),
  'a byte deleted': (text, at) => splice(text, at % text.length, 1, ''),
  'a byte replaced': (text, at, byte) => splice(text, at % text.length, 1, byte),
  'two bytes swapped': (text, at) => {
    const place = at % Math.max(1, text.length - 1);
    return splice(text, place, 2, [...text.slice(place, place + 2)].reverse().join(''));
  },
  'CRLF to LF': (text, at) => replaceNth(text, /\r\n/g, at, () => '\n'),
  'CRLF to CR': (text, at) => replaceNth(text, /\r\n/g, at, () => '\r'),
  'CRLF doubled': (text, at) => replaceNth(text, /\r\n/g, at, () => '\r\n\r\n'),
  'every CRLF to LF': (text) => text.replaceAll('\r\n', '\n'),
  'a folded line': (text, at) =>
    replaceNth(text, /(?<=:[^\r\n]*)\r\n/g, at, () => (at % 2 === 0 ? '\r\n folded\r\n' : '\r\n\t\r\n')),
  'a doubled line': (text, at) => replaceNth(text, LINE, at, (line) => line + line),
  'a line without a colon': (text, at) => replaceNth(text, LINE, at, (line) => line.replace(':', '')),
  'a blank before a colon': (text, at) =>
    replaceNth(text, LINE, at, (line) => line.replace(':', at % 2 === 0 ? ' :' : '\t:')),
  'a second length': (text, at) => addLine(text, at, `Content-Length: ${at % 50}`),
  'another length': (text, at) =>
    replaceNth(text, /(?<=^content-length:[\t ]*)\d+/gim, 0, () => one(LENGTHS, at)),
  'a second coding': (text, at) => addLine(text, at, 'Transfer-Encoding: chunked'),
  'another coding': (text, at) =>
    replaceNth(text, /(?<=^transfer-encoding:[\t ]*)chunked/gim, 0, () => one(CODINGS, at)),
  'a coding alone': (text, at) =>
    replaceNth(text, /^content-length:[\t ]*\d+/gim, 0, () => `Transfer-Encoding: ${one(CODINGS, at)}`),
  'a sign or a blank in a number': (text, at) =>
    replaceNth(text, NUMBER, at, (found) =>
      found.replace(/[\da-f]+$/i, (digits) => one(['+', '-', ' ', '\t', '0x', '0X'], at) + digits),
    ),
  'a blank after a number': (text, at) =>
    replaceNth(text, NUMBER, at, (found) => `${found}${at % 2 === 0 ? ' ' : '\t'}`),
  'a huge number': (text, at) =>
    replaceNth(text, NUMBER, at, (found) => found.replace(/[\da-f]+$/i, one(SIZES, at))),
  'a length beyond 2^53': (text) => text.replace(/(?<=^content-length:[\t ]*)\d+/im, '9007199254740993'),
  'an extension without a value': (text, at) =>
    replaceNth(text, /(?<=\r\n)[\da-f]+(?=\r\n)/gi, at, (size) => `${size};a=`),
  'another number': (text, at) =>
    replaceNth(text, NUMBER, at, (found) => found.replace(/[\da-f]$/i, String(at % 10))),
  'another extension': (text, at) =>
    replaceNth(text, /(?<=\r\n)[\da-f]+(?:;[^\r\n]*)?(?=\r\n)/gi, at, (found) =>
      found.replace(/;.*|$/, one(EXTENSIONS, at)),
    ),
  'another version': (text, at) => replaceNth(text, /HTTP\/1\.[01]/g, at, () => one(VERSIONS, at)),
  'the version 1.0': (text) => text.replace(/HTTP\/1\.1 (?=[2-9])/, 'HTTP/1.0 '),
  'another status': (text, at) => replaceNth(text, /(?<=HTTP\/1\.[01] )\d{3}/g, at, () => one(STATUSES, at)),
  'another reason': (text, at) =>
    replaceNth(text, /(?<=HTTP\/1\.[01] \d{3}) ?/g, at, () => ` ${one(REASONS, at)}`),
  'an empty line at first': (text, at) =>
    replaceNth(text, /^(?=HTTP\/1)/gm, at, () => one(['\r\n', '\n', '\r', '\r\n\r\n', ' '], at)),
  'a framing trailer': (text, at) =>
    replaceNth(text, /(?<=^0+[^\r\n]*\r\n)(?=\r\n)/gim, 0, () =>
      one(
        ['Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Trailer : x\r\n', ' x\r\n', 'A: b\n'],
        at,
      ),
    ),
  'a framed informational head': (text, at) =>
    replaceNth(text, /(?<=HTTP\/1\.1 1\d\d[^\r\n]*\r\n)/g, at, () =>
      one(
        [
          'Content-Length: 5\r\n',
          'Connection: close\r\n',
          'Transfer-Encoding: chunked\r\n',
          'Transfer-Encoding: gzip\r\n',
        ],
        at,
      ),
    ),
  truncated: (text, at) => text.slice(0, at % text.length),
  'bytes too much': (text, _at, byte) => text + byte,
};

const SPECIAL = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '=',
  '"',
  '\\',
  '\0',
  '\x0b',
  '\x0c',
  '\x7f',
  '\x80',
  '\x85',
  '\xa0',
  '\xff',
  '0',
  '1',
  '9',
  'a',
  'f',
  'x',
  '+',
  '-',
  '(',
  '@',
];

/** One way to damage a text. */
export interface Damage {
  readonly kind: string;
  readonly at: number;
  readonly byte: string;
}

/** The text, damaged. */
export const damaged = (text: string, { kind, at, byte }: Damage): string =>
  text === '' ? text : (MUTATIONS[kind]?.(text, at, byte) ?? text);

export const mutations: fc.Arbitrary<readonly Damage[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...Object.keys(MUTATIONS)),
    at: fc.nat(10_000),
    byte: fc.constantFrom(...SPECIAL),
  }),
  { minLength: 1, maxLength: 3 },
);
