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

/** Whether Node acts on a header of a response, by its name. */
export const isByNode = (name: string): boolean => BY_NODE.has(name.toLowerCase());

/** What a name means for the head; `node`: Node has to write it, or to refuse it. */
type Meaning = 'plain' | 'length' | 'date' | 'node';

const meaningOf = byName((name): Meaning => {
  const key = name.toLowerCase();
  if (!isToken(name) || BY_NODE.has(key)) return 'node';
  return key === 'content-length' ? 'length' : key === 'date' ? 'date' : 'plain';
});

/**
 * Renders the header lines of a response; null if Node has to: a name or value is not allowed, or Node has to act on a
 * header. `alike` as in `Reply`.
 */
export const renderHeaders = (headers: FlatHeaders, alike?: object): HeadLines | null =>
  alike === undefined ? renderLines(headers) : renderAlike(headers, alike);

function renderLines(headers: FlatHeaders, from = 0, to = headers.length): HeadLines | null {
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

/** What follows the first header of replies that are alike. */
const rests = new WeakMap<object, HeadLines>();

/** The same as `renderLines` for a reply that differs from others in its first header only. */
function renderAlike(headers: FlatHeaders, alike: object): HeadLines | null {
  let rest = rests.get(alike);
  if (rest === undefined) {
    const rendered = renderLines(headers, 2);
    if (rendered === null) return null;
    rest = rendered;
    rests.set(alike, rest);
  }
  const first = renderLines(headers, 0, 2);
  if (first === null) return null;
  return {
    text: first.text + rest.text,
    length: first.length ?? rest.length,
    hasDate: first.hasDate || rest.hasDate,
  };
}
