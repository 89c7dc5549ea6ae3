import type { BucketRequest, FlatHeaders } from '../transport.ts';
import { textOf, utf8 } from './bytes.ts';

/** The parts of a request that a signature can cover. */
export type Signable = Pick<BucketRequest, 'method' | 'target' | 'headers'>;

/** A raw query parameter, with a blank in place of `+`. */
export type Parameter = readonly [name: string, value: string];

/** Decodes percent-encoding once, to text in which every character is one byte. A `%` without two hex digits stays. */
export const decode = (raw: string): string => {
  // Nearly all names and values, and a client may send thousands of them.
  if (!/[%\u0100-\uffff]/.test(raw)) return raw;
  const bytes = /[^\0-\xff]/.test(raw) ? textOf(utf8(raw)) : raw;
  return bytes.replace(/(?:%[0-9a-f]{2})+/gi, decodeRun);
};

/** Runs, since a call for each byte of a long value would be slow. */
function decodeRun(escapes: string): string {
  let bytes = '';
  for (let at = 1; at < escapes.length; at += 3)
    bytes += String.fromCharCode(Number.parseInt(escapes.slice(at, at + 2), 16));
  return bytes;
}

function encodeRun(bytes: string): string {
  let escapes = '';
  for (let at = 0; at < bytes.length; at += 1) escapes += ENCODED[bytes.charCodeAt(at)];
  return escapes;
}

/** By character code. */
const ENCODED: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
);

/**
 * Returns a raw piece of a target in canonical form: all but the unreserved characters of RFC 3986 §2.3 are encoded, so
 * the result does not depend on the sender's encoding.
 */
export const normal = (raw: string): string => decode(raw).replace(/[^A-Za-z0-9\-._~]+/g, encodeRun);

/** Returns a path in canonical form, with its slashes. `//` and `..` stay, since they may be parts of an object key. */
export const normalPath = (raw: string): string => decode(raw).replace(/[^A-Za-z0-9\-._~/]+/g, encodeRun);

/** Divides a target into path and query. The query is undefined if the target has no `?`. */
export const cut = (target: string): { readonly path: string; readonly query: string | undefined } => {
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: undefined }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
};

/** Most parameters of a request whose signature the edge checks or computes. */
export const MAX_PARAMETERS = 256;

/** Whether a target has more parameters than the edge signs. Its work is bounded, whatever the target. */
export const hasManyParameters = (target: string): boolean =>
  (cut(target).query ?? '').split('&', MAX_PARAMETERS + 1).length > MAX_PARAMETERS;

export const parametersOf = (target: string): Parameter[] =>
  (cut(target).query ?? '')
    .replaceAll('+', ' ')
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece) => {
      const equals = piece.indexOf('=');
      return equals < 0 ? [piece, ''] : [piece.slice(0, equals), piece.slice(equals + 1)];
    });

/** Compares two texts by their bytes. Expects text in which every character is one byte. */
export const byBytes = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

export const byName = ([one, first]: Parameter, [other, second]: Parameter): number =>
  byBytes(one, other) || byBytes(first, second);

// `trim` would also remove 0xA0, which may be one byte of a UTF-8 character.
const strip = (value: string): string => {
  let [from, to] = [0, value.length];
  while (from < to && ' \t'.includes(value.charAt(from))) from += 1;
  while (to > from && ' \t'.includes(value.charAt(to - 1))) to -= 1;
  return value.slice(from, to);
};

/** Returns the parameters of a V4 canonical request, in canonical form and sorted. */
export const normalParameters = (target: string): Parameter[] =>
  parametersOf(target)
    .map(([name, value]) => [normal(name), normal(value)] as const)
    .sort(byName);

/** Returns the headers by lower-case name. Values of several lines are joined by commas. */
export const headerMap = (headers: FlatHeaders): Map<string, string> => {
  const map = new Map<string, string>();
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    const value = strip(headers[at + 1] ?? '');
    const before = map.get(name);
    map.set(name, before === undefined ? value : `${before},${value}`);
  }
  return map;
};

/** Returns the headers without those in `names`, which are in lower case. */
export const without = (headers: FlatHeaders, names: readonly string[]): string[] =>
  headers.filter((_, at) => !names.includes((headers[at - (at % 2)] ?? '').toLowerCase()));
