import { isFieldValue, isToken } from '../../bucket/field.ts';
import type { FlatHeaders } from '../../bucket/transport.ts';

/** Header lines as they are sent. */
export interface HeadLines {
  readonly text: string;
  /** Content-Length; null without one. */
  readonly length: number | null;
  readonly hasDate: boolean;
}

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
    if (!isToken(name) || !isFieldValue(value)) return null;
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
