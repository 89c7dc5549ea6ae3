import { COLON, CR, isBlank, LF, SP, TEXT, TOKEN, table } from '../../../bucket/octets.ts';

/** A request without a body, as received. */
export interface PlainRequest {
  readonly method: string;
  /** In origin-form. */
  readonly target: string;
  /** Flat. */
  readonly headers: string[];
}

/**
 * The bytes of the longest request that is read here. Names and values are parts of its text, and V8 retains all of it for one
 * of them, in a list of refusals for example.
 */
const MOST = 4 * 1024;

const METHODS = ['GET', 'OPTIONS', 'HEAD'] as const;
const PROTOCOL = 'HTTP/1.1\r\n';
const SLASH = 0x2f;

/** The octets of a path and a query (RFC 3986 §3.3, §3.4). Node's parser accepts more. */
const TARGET = table((octet) => /[\w.~!$&'()*+,;=:@%/?-]/.test(String.fromCharCode(octet)));

/**
 * Reads bytes that are one whole request, no more and no less, and that every server of HTTP/1.1 reads in the same way:
 * a GET, HEAD or OPTIONS without a body, with one Host, whose headers say nothing about the connection but that it stays
 * open. Null for anything else, which is left to Node's own parser: it alone answers what is unusual or malformed.
 */
export function readRequest(bytes: Buffer): PlainRequest | null {
  const { length } = bytes;
  if (length > MOST) return null;
  const text = bytes.toString('latin1');
  const method = METHODS.find((one) => text.startsWith(one) && bytes[one.length] === SP);
  if (method === undefined) return null;
  const start = method.length + 1;
  let at = start;
  if (bytes[at] !== SLASH) return null;
  while (TARGET[bytes[at] ?? 0] === 1) at += 1;
  if (bytes[at] !== SP || !text.startsWith(PROTOCOL, at + 1)) return null;
  const target = text.slice(start, at);
  const headers = readFields(bytes, text, at + 1 + PROTOCOL.length);
  return headers === null ? null : { method, target, headers };
}

/** Reads the field lines from `at` on, and the empty line, which ends the bytes (RFC 9112 §5). Null for anything else. */
function readFields(bytes: Buffer, text: string, from: number): string[] | null {
  const headers: string[] = [];
  const last = bytes.length - 2;
  let hosts = 0;
  let at = from;
  while (at < last) {
    const begin = at;
    while (TOKEN[bytes[at] ?? 0] === 1) at += 1;
    if (at === begin || bytes[at] !== COLON) return null;
    const name = text.slice(begin, at);
    at += 1;
    while (isBlank(bytes[at])) at += 1;
    const first = at;
    while (TEXT[bytes[at] ?? 0] === 1) at += 1;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return null;
    let end = at;
    while (end > first && isBlank(bytes[end - 1])) end -= 1;
    const value = text.slice(first, end);
    if (name.length === HOST.length && name.toLowerCase() === HOST) hosts += 1;
    else if (!isPlain(name, value)) return null;
    headers.push(name, value);
    at += 2;
  }
  return at === last && bytes[at] === CR && bytes[at + 1] === LF && hosts === 1 ? headers : null;
}

const HOST = 'host';

/**
 * The headers by which a server frames a request, or decides about its connection, and the names that some servers take
 * for one of them.
 */
const ACTED_ON: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content_length',
  'expect',
  'http2-settings',
  'proxy-connection',
  'trailer',
  'transfer-encoding',
  'transfer_encoding',
  'upgrade',
]);
const LENGTHS: ReadonlySet<number> = new Set([...ACTED_ON].map(({ length }) => length));

/** Whether a header has no effect on the connection and the framing, or the usual one. */
function isPlain(name: string, value: string): boolean {
  if (!LENGTHS.has(name.length)) return true;
  const key = name.toLowerCase();
  return !ACTED_ON.has(key) || (key === 'connection' && value.toLowerCase() === 'keep-alive');
}
