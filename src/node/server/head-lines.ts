import type { FlatHeaders } from '../../bucket/transport.ts';

/** Header lines as they are sent. */
export interface HeadLines {
  readonly text: string;
  /** Content-Length; null without one. */
  readonly length: number | null;
  readonly hasDate: boolean;
}

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
/** What Node refuses in a value; it allows the bytes above 0x7F (RFC 9110 §5.5, `obs-text`). */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;

/** Headers by which Node frames a response or decides about its connection. */
const BY_NODE: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'keep-alive',
  'trailer',
  'transfer-encoding',
]);

/** Renders header lines; null if Node has to: a name or value is not allowed, or Node has to act on a header. */
export function renderLines(headers: FlatHeaders, from = 0): HeadLines | null {
  if (headers.length % 2 !== 0) return null;
  let text = '';
  let length: number | null = null;
  let hasDate = false;
  for (let at = from; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    if (!TOKEN.test(name) || FORBIDDEN.test(value)) return null;
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'date') hasDate = true;
        break;
      case 14:
        if (name.toLowerCase() === 'content-length') length = Number(value);
        break;
      case 6:
      case 7:
      case 10:
      case 17:
        if (BY_NODE.has(name.toLowerCase())) return null;
    }
    text += `${name}: ${value}\r\n`;
  }
  return { text, length, hasDate };
}
