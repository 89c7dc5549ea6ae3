import { byName } from '../../bucket/by-name.ts';
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

/** What a name means for the head; `node`: Node has to write it, or to refuse it. */
type Meaning = 'plain' | 'length' | 'date' | 'node';

const meaningOf = byName((name): Meaning => {
  const key = name.toLowerCase();
  if (!isToken(name) || BY_NODE.has(key)) return 'node';
  return key === 'content-length' ? 'length' : key === 'date' ? 'date' : 'plain';
});

/** Renders header lines; null if Node has to: a name or value is not allowed, or Node has to act on a header. */
export function renderLines(headers: FlatHeaders, from = 0, to = headers.length): HeadLines | null {
  if (headers.length % 2 !== 0) return null;
  let text = '';
  let length: number | null = null;
  let hasDate = false;
  for (let at = from; at < to; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    const meaning = meaningOf(name);
    if (meaning === 'node' || !isFieldValue(value)) return null;
    if (meaning === 'date') hasDate = true;
    else if (meaning === 'length') length = Number(value);
    text += `${name}: ${value}\r\n`;
  }
  return { text, length, hasDate };
}
