/** An answer that both judges take and the reader refuses, since RFC 9112 does not allow it. */
export interface Exception {
  readonly name: string;
  readonly section: string;
  applies(text: string): boolean;
  readonly example: string;
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const EMPTY = 'Content-Length: 0\r\n\r\n';

const STATUS_LINE = String.raw`(?:^|\r\n\r\n)`;
const matches = (source: string, flags = ''): ((text: string) => boolean) => {
  const pattern = new RegExp(source, flags);
  return (text) => pattern.test(text);
};
const EXTENSION = String.raw`(?:;[!#$%&'*+\-.^_\`|~\w]+(?:=(?:[!#$%&'*+\-.^_\`|~\w]+|"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"))?)`;

export const EXCEPTIONS: readonly Exception[] = [
  {
    name: 'an empty line before the status line',
    section: 'RFC 9112 §2.2, which excuses it only before a request line',
    applies: matches(String.raw`(?:^|\r\n\r\n)[\r\n]+(?:HTTP|RTSP|ICE)/`),
    example: `\r\nHTTP/1.1 200 OK\r\n${EMPTY}`,
  },
  {
    name: 'another version or protocol',
    section: 'RFC 9112 §2.3',
    applies: matches(`${STATUS_LINE}[\\r\\n]*(?:HTTP/(?!1\\.[01] )|RTSP/|ICE/)`),
    example: `HTTP/2.0 200 OK\r\n${EMPTY}`,
  },
  {
    name: 'a control character in the reason phrase',
    section: 'RFC 9112 §4',
    applies: matches(String.raw`HTTP/1\.[01] \d{3} [^\r\n]*[\0-\x08\x0b\x0c\x0e-\x1f\x7f]`),
    example: `HTTP/1.1 200 O\x01K\r\n${EMPTY}`,
  },
  {
    name: 'a framing trailer',
    section: 'RFC 9110 §6.5.1',
    applies: matches(String.raw`^0+(?:;[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*transfer-encoding:`, 'im'),
    example: `${CHUNKED}2\r\nok\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n`,
  },
  {
    name: 'another coding than one chunked',
    section: 'RFC 9112 §6.1, §7',
    applies: matches(
      String.raw`^transfer-encoding:(?![\t ]*chunked[\t ]*\r\n)|^transfer-encoding:[^]*^transfer-encoding:`,
      'im',
    ),
    example: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok',
  },
  {
    name: 'a blank after a framing value',
    section: 'RFC 9112 §5.1 allows it, but clients do not agree on what it means',
    applies: matches(String.raw`^(?:content-length|transfer-encoding):[^\r\n]*[\t ]\r`, 'im'),
    example: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\nok',
  },
  {
    name: 'a coding on HTTP/1.0',
    section: 'RFC 9112 §6.1',
    applies: matches(String.raw`HTTP/1\.0 [^]*^transfer-encoding:`, 'im'),
    example: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  },
  {
    name: 'a Content-Length beyond 2^53',
    section: 'RFC 9112 §6.3',
    applies: (text) =>
      [...text.matchAll(/^content-length:[\t ]*(\d+)/gim)].some(
        ([, digits]) => !Number.isSafeInteger(Number(digits)),
      ),
    example: 'HTTP/1.1 304 OK\r\nContent-Length: 9007199254740993\r\n\r\n',
  },
  {
    name: 'an extension outside the grammar',
    section: 'RFC 9112 §7.1.1',
    applies: (text) =>
      [...text.matchAll(/^[\da-f]+(;[^\r\n]*)\r\n/gim)].some(
        ([, extensions]) => !new RegExp(`^${EXTENSION}*$`).test(extensions ?? ''),
      ),
    example: `${CHUNKED}2;a=\r\nok\r\n0\r\n\r\n`,
  },
];
