import type { Fault } from './fault.ts';
import { excerpt, locator, MAX_DEPTH } from './raw.ts';

/** The key, its value, and the offset of the key in the text. */
export type JsonEntry = readonly [key: string, value: Json, at: number];

/** A JSON value with its numbers as written, all its keys in their order, and its offset in the text. */
export type Json = (
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number' | 'boolean' | 'null'; readonly value: string }
  | { readonly kind: 'list'; readonly items: readonly Json[] }
  | { readonly kind: 'object'; readonly entries: readonly JsonEntry[] }
) & { readonly at: number };

export type JsonText =
  | { readonly ok: true; readonly value: Json; readonly repeated: readonly Fault[] }
  | { readonly ok: false; readonly fault: Fault };

/** How far a text is read. */
interface Scan {
  readonly text: string;
  readonly locate: (offset: number) => string;
  readonly repeated: Fault[];
  at: number;
  fault?: Fault;
}

const SPACE = /[ \t\r\n]*/y;
const TOKEN =
  /(?<mark>[{}[\],:])|(?<text>"[^"\\]*(?:\\[\s\S][^"\\]*)*")|(?<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(?<word>true|false|null)/y;

/**
 * Parses JSON (RFC 8259). `JSON.parse` does not suffice: it silently uses the last of two equal keys, and often does
 * not say where an error is.
 */
export function parseJson(text: string): JsonText {
  const scan: Scan = { text, locate: locator(text), repeated: [], at: 0 };
  const value = readValue(scan, 1);
  skipSpace(scan);
  if (scan.at < text.length) failExpecting(scan, 'the end');
  return scan.fault === undefined
    ? { ok: true, value, repeated: scan.repeated }
    : { ok: false, fault: scan.fault };
}

function readValue(scan: Scan, depth: number): Json {
  const { mark, text, number, word } = nextToken(scan);
  const { at } = scan;
  if (text !== undefined) return { kind: 'text', value: readText(scan, text), at };
  const plain = number ?? word;
  if (plain !== undefined) {
    scan.at += plain.length;
    const kind = number !== undefined ? 'number' : plain === 'null' ? 'null' : 'boolean';
    return { kind, value: plain, at };
  }
  if (mark !== '{' && mark !== '[') failExpecting(scan, 'a value');
  else if (depth > MAX_DEPTH) fail(scan, at, `it is nested deeper than ${MAX_DEPTH} levels`);
  else {
    scan.at += 1;
    return mark === '{' ? readObject(scan, depth, at) : readList(scan, depth, at);
  }
  return { kind: 'null', value: 'null', at };
}

function readList(scan: Scan, depth: number, at: number): Json {
  const items: Json[] = [];
  if (skipMark(scan, ']')) return { kind: 'list', items, at };
  do items.push(readValue(scan, depth + 1));
  while (skipMark(scan, ','));
  close(scan, ']');
  return { kind: 'list', items, at };
}

function readObject(scan: Scan, depth: number, at: number): Json {
  const entries: JsonEntry[] = [];
  const keys = new Set<string>();
  if (skipMark(scan, '}')) return { kind: 'object', entries, at };
  do {
    const quoted = nextToken(scan).text;
    if (quoted === undefined) {
      failExpecting(scan, 'a key in double quotes');
      break;
    }
    const start = scan.at;
    const key = readText(scan, quoted);
    if (keys.has(key)) {
      const reason = 'is given twice in one object, and readers differ about which one counts';
      const place = scan.locate(start);
      scan.repeated.push({ code: 'BC005', place, value: excerpt(key), reason, write: 'it once' });
    }
    keys.add(key);
    if (!skipMark(scan, ':')) failExpecting(scan, 'a colon');
    entries.push([key, readValue(scan, depth + 1), start]);
  } while (skipMark(scan, ','));
  close(scan, '}');
  return { kind: 'object', entries, at };
}

function readText(scan: Scan, quoted: string): string {
  try {
    const value = JSON.parse(quoted) as string;
    scan.at += quoted.length;
    return value;
  } catch {
    fail(scan, scan.at, 'the text contains a bare control character or an unknown escape');
    return '';
  }
}

function nextToken(scan: Scan): Readonly<Record<string, string | undefined>> {
  skipSpace(scan);
  TOKEN.lastIndex = scan.at;
  return TOKEN.exec(scan.text)?.groups ?? {};
}

function skipSpace(scan: Scan): void {
  SPACE.lastIndex = scan.at;
  SPACE.test(scan.text);
  scan.at = SPACE.lastIndex;
}

/** True if the mark was next. */
function skipMark(scan: Scan, mark: string): boolean {
  skipSpace(scan);
  const found = scan.text.charAt(scan.at) === mark;
  if (found) scan.at += 1;
  return found;
}

function close(scan: Scan, mark: string): void {
  if (!skipMark(scan, mark)) failExpecting(scan, `a comma or ${mark}`);
}

function failExpecting(scan: Scan, expected: string): void {
  const { text, at } = scan;
  const found = at < text.length ? `found ${JSON.stringify(text.charAt(at))}` : 'the text ends';
  fail(scan, at, `${expected} expected, ${found}`);
}

/** Records the first fault. It moves to the end of the text, where every loop stops. */
function fail(scan: Scan, offset: number, reason: string): void {
  scan.fault ??= {
    code: 'BC001',
    place: scan.locate(offset),
    reason: `is not JSON: ${reason}`,
    write: 'JSON: keys and texts in double quotes, no comment, no comma before a closing bracket',
  };
  scan.at = scan.text.length;
}
