import fc from 'fast-check';

/** A response that the standards allow, and what it means. All texts are Latin-1. */
export interface Answer {
  readonly method: string;
  /** All bytes, without those that come too much. */
  readonly text: string;
  /** Bytes after it. */
  readonly extra: string;
  readonly informational: number;
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

const range = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, at) => String.fromCharCode(first + at));
const textOf = (characters: readonly string[], minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...characters), { minLength, maxLength }).map((each) => each.join(''));

const TCHARS = [..."!#$%&'*+-.^_`|~", ...range('0'.charCodeAt(0), '9'.charCodeAt(0)), ...'abcxyzABCXYZ'];
const TEXT = ['\t', ' ', ...range(0x21, 0x7e), ...range(0x80, 0xff)];
const ANY = range(0, 0xff);

/** The bytes of a body, or of a chunk: some of several hundred, so that sizes have several digits. */
const dataOf = (minLength: number): fc.Arbitrary<string> =>
  fc
    .tuple(textOf(ANY, minLength, 8), fc.constantFrom(1, 1, 1, 2, 3, 5, 40))
    .map(([text, times]) => text.repeat(times));

const token = textOf(TCHARS, 1, 12);
const blanks = fc.constantFrom('', ' ', ' ', ' ', '\t', '  ', ' \t ');
const trimmed = (text: string): string => text.replace(/^[\t ]+|[\t ]+$/g, '');
const anyCase = (text: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    text,
    text.toLowerCase(),
    text.toUpperCase(),
    text.replace(/^./, (first) => first.toLowerCase()),
  );
const isFraming = (name: string): boolean => /^(?:content-length|transfer-encoding|connection)$/i.test(name);

/** Header lines as name, value, name, value, and as their text. */
interface Lines {
  readonly flat: readonly string[];
  readonly text: string;
}

const line = (
  name: fc.Arbitrary<string>,
  value: fc.Arbitrary<string>,
  behind: fc.Arbitrary<string> = blanks,
): fc.Arbitrary<Lines> =>
  fc.tuple(name, blanks, value, behind).map(([named, before, text, after]) => ({
    flat: [named, trimmed(text)],
    text: `${named}:${before}${text}${after}\r\n`,
  }));

const odd = line(
  token.filter((name) => !isFraming(name)),
  fc.oneof(textOf(TEXT, 0, 20), fc.constantFrom('', 'gzip', '2', 'chunked', 'close', '"a, b"', 'a:b', ':')),
);
const usual = fc
  .constantFrom<readonly [string, string]>(
    ['Server', 'nginx'],
    ['ETag', '"5f3b1c2d-400"'],
    ['Keep-Alive', 'timeout=5, max=100'],
    ['Set-Cookie', 'a=b'],
    ['Content-Length-X', '5'],
    ['X-Transfer-Encoding', 'gzip'],
  )
  .chain(([name, value]) => line(anyCase(name), fc.constant(value)));
const option = fc.constantFrom(
  'close',
  'Close',
  'keep-alive',
  'Keep-Alive',
  'x-own',
  'upgrade',
  'closed',
  '',
);
const connection = line(
  anyCase('Connection'),
  fc.array(option, { minLength: 1, maxLength: 3 }).map((options) => options.join(', ')),
);
const headers = fc.array(
  fc.oneof({ weight: 4, arbitrary: odd }, { weight: 4, arbitrary: usual }, connection),
  {
    maxLength: 6,
  },
);
const withoutClose = headers.map((lines) => lines.filter(({ text }) => !/^connection:/i.test(text)));

const reason = fc.oneof(
  fc.constantFrom('', ' ', ' OK', ' Not Found'),
  textOf(TEXT, 0, 12).map((text) => ` ${text}`),
);
const joined = (lines: readonly Lines[]): Lines => ({
  flat: lines.flatMap(({ flat }) => flat),
  text: lines.map(({ text }) => text).join(''),
});

const informational = fc
  .tuple(fc.constantFrom(102, 103, 103, 199), reason, withoutClose)
  .map(([status, text, lines]) => `HTTP/1.1 ${status}${text}\r\n${joined(lines).text}\r\n`);

/** RFC 9112 §7.1.1, without its blanks. */
const quoted = fc
  .array(
    fc.oneof(
      fc.constantFrom(...TEXT.filter((one) => !'"\\'.includes(one))),
      fc.constantFrom('\\"', '\\\\', '\\a'),
    ),
    {
      maxLength: 6,
    },
  )
  .map((each) => `"${each.join('')}"`);
const extension = fc
  .tuple(
    token,
    fc.oneof(
      fc.constant(''),
      token.map((text) => `=${text}`),
      quoted.map((text) => `=${text}`),
    ),
  )
  .map(([name, value]) => `;${name}${value}`);
const extensions = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.array(extension, { minLength: 1, maxLength: 2 }).map((each) => each.join('')),
);
const zeros = fc.constantFrom('', '', '', '0', '000000000000000000000');
const chunk = fc.tuple(zeros, dataOf(1), fc.boolean(), extensions).map(([before, text, isUpper, added]) => {
  const size = text.length.toString(16);
  return { data: text, text: `${before}${isUpper ? size.toUpperCase() : size}${added}\r\n${text}\r\n` };
});
const trailers = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  fc.array(odd, { minLength: 1, maxLength: 3 }),
);

/** A body with the header lines that frame it; without any, the close of the connection ends it. */
interface Framed {
  readonly lines: readonly Lines[];
  readonly data: string;
  readonly text: string;
  readonly needsClose: boolean;
  readonly isChunked: boolean;
}

const counted: fc.Arbitrary<Framed> = fc
  .tuple(dataOf(0), fc.constantFrom('', '', '0', '000'))
  .chain(([data, before]) =>
    line(anyCase('Content-Length'), fc.constant(`${before}${data.length}`), fc.constant('')).map((one) => ({
      lines: [one],
      data,
      text: data,
      needsClose: false,
      isChunked: false,
    })),
  );
const chunked: fc.Arbitrary<Framed> = fc
  .tuple(
    line(anyCase('Transfer-Encoding'), fc.constantFrom('chunked', 'Chunked', 'CHUNKED'), fc.constant('')),
    fc.array(chunk, { maxLength: 4 }),
    zeros,
    extensions,
    trailers,
  )
  .map(([one, chunks, before, added, after]) => ({
    lines: [one],
    data: chunks.map(({ data }) => data).join(''),
    text: `${chunks.map(({ text }) => text).join('')}${before}0${added}\r\n${joined(after).text}\r\n`,
    needsClose: false,
    isChunked: true,
  }));
const toClose: fc.Arbitrary<Framed> = dataOf(0).map((data) => ({
  lines: [],
  data,
  text: data,
  needsClose: true,
  isChunked: false,
}));

const STATUSES = [200, 200, 200, 200, 206, 204, 205, 304, 404, 416, 500, 503, 600, 999];
const extra = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.constantFrom('\r\n', 'x', '\0', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na'),
);

/** Every response that the standards allow, in small. */
export const answers: fc.Arbitrary<Answer> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD'),
    first: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      fc.array(informational, { minLength: 1, maxLength: 2 }),
    ),
    minor: fc.constantFrom(1, 1, 1, 0),
    status: fc.constantFrom(...STATUSES),
    reason,
    before: headers,
    framed: fc.oneof({ weight: 3, arbitrary: counted }, { weight: 3, arbitrary: chunked }, toClose),
    after: headers,
    extra,
  })
  // RFC 9112 §6.1: HTTP/1.0 has no chunks.
  .filter(({ minor, framed }) => minor === 1 || !framed.isChunked)
  .map(({ method, first, minor, status, reason: phrase, before, framed, after, extra: rest }) => {
    const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
    const lines = joined([...before, ...framed.lines, ...after]);
    return {
      method,
      text: `${first.join('')}HTTP/1.${minor} ${status}${phrase}\r\n${lines.text}\r\n${hasBody ? framed.text : ''}`,
      extra: hasBody && framed.needsClose ? '' : rest,
      informational: first.length,
      status,
      headers: lines.flat,
      body: hasBody ? framed.data : '',
    };
  });
