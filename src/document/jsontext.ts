import type { Fault } from './fault.ts';
import { locator, MAX_DEPTH, shown } from './raw.ts';

/** A JSON value that still knows how its numbers were written, and all its keys in their order. */
export type Json =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number' | 'boolean' | 'null'; readonly value: string }
  | { readonly kind: 'list'; readonly items: readonly Json[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [key: string, value: Json])[] };

export type JsonText =
  | { readonly ok: true; readonly value: Json; readonly repeated: readonly Fault[] }
  | { readonly ok: false; readonly fault: Fault };

const SPACE = /[ \t\r\n]*/y;
const TOKEN =
  /(?<mark>[{}[\],:])|(?<text>"[^"\\]*(?:\\[\s\S][^"\\]*)*")|(?<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(?<word>true|false|null)/y;
const NULL: Json = { kind: 'null', value: 'null' };

const unquoted = (token: string): string | undefined => {
  try {
    return JSON.parse(token) as string;
  } catch {
    return undefined;
  }
};

/**
 * Reads JSON as RFC 8259 has it. `JSON.parse` alone won't do: it keeps the last of two equal keys in silence and
 * often doesn't say where an error stands.
 */
export const parseJson = (text: string): JsonText => {
  const repeated: Fault[] = [];
  const locate = locator(text);
  let at = 0;
  let fault: Fault | undefined;

  // After a failure the text counts as read to its end: every loop then stops by itself.
  const fail = (offset: number, reason: string): undefined => {
    fault ??= {
      place: locate(offset),
      reason: `not JSON: ${reason}`,
      write: 'JSON: keys and texts in double quotes, no comment, no comma before a closing bracket',
    };
    at = text.length;
    return undefined;
  };
  const skip = (): void => {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
  };
  const expected = (what: string): undefined => {
    const found = at < text.length ? `found ${JSON.stringify(text.charAt(at))}` : 'the text ends';
    return fail(at, `${what} expected, ${found}`);
  };
  const next = (mark: string): boolean => {
    skip();
    const there = text.charAt(at) === mark;
    if (there) at += 1;
    return there;
  };
  const close = (mark: string): void => {
    if (!next(mark)) expected(`a comma or ${mark}`);
  };
  const token = (): Readonly<Record<string, string | undefined>> => {
    skip();
    TOKEN.lastIndex = at;
    return TOKEN.exec(text)?.groups ?? {};
  };
  const readText = (quoted: string): string => {
    const value = unquoted(quoted);
    if (value === undefined) fail(at, 'a text with a bare control character or an unknown escape');
    else at += quoted.length;
    return value ?? '';
  };

  const list = (depth: number): Json => {
    const items: Json[] = [];
    if (next(']')) return { kind: 'list', items };
    do items.push(value(depth + 1));
    while (next(','));
    close(']');
    return { kind: 'list', items };
  };
  const object = (depth: number): Json => {
    const entries: [string, Json][] = [];
    const keys = new Set<string>();
    if (next('}')) return { kind: 'object', entries };
    do {
      const quoted = token().text;
      if (quoted === undefined) {
        expected('a key in double quotes');
        break;
      }
      const start = at;
      const key = readText(quoted);
      if (keys.has(key)) {
        const reason = 'the key stands twice in one object, and readers differ about which counts';
        repeated.push({ place: locate(start), value: shown(key), reason, write: 'it once' });
      }
      keys.add(key);
      if (!next(':')) expected('a colon');
      entries.push([key, value(depth + 1)]);
    } while (next(','));
    close('}');
    return { kind: 'object', entries };
  };
  const value = (depth: number): Json => {
    const { mark, text: quoted, number, word } = token();
    if (quoted !== undefined) return { kind: 'text', value: readText(quoted) };
    const plain = number ?? word;
    if (plain !== undefined) {
      at += plain.length;
      return { kind: number !== undefined ? 'number' : plain === 'null' ? 'null' : 'boolean', value: plain };
    }
    if (mark !== '{' && mark !== '[') return expected('a value') ?? NULL;
    if (depth > MAX_DEPTH) return fail(at, `nested deeper than ${MAX_DEPTH} levels`) ?? NULL;
    at += 1;
    return mark === '{' ? object(depth) : list(depth);
  };

  const whole = value(1);
  skip();
  if (at < text.length) expected('the end');
  return fault === undefined ? { ok: true, value: whole, repeated } : { ok: false, fault };
};
