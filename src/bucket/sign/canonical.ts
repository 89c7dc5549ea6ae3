import type { BucketRequest, FlatHeaders } from '../transport.ts';
import { bytesOf, textOf } from './bytes.ts';

/** All of a request that a signature can cover. */
export type Signable = Pick<BucketRequest, 'method' | 'target' | 'headers'>;

/** A query parameter, raw, a `+` being written as the `%20` it means. */
export type Parameter = readonly [name: string, value: string];

/** Undoes percent-encoding once; every character of what comes out is one byte. A stray `%` stays. */
export const decode = (raw: string): string =>
  textOf(bytesOf(raw)).replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );

const encodeByte = (byte: string): string =>
  `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/**
 * The one way to write a raw piece of a target: encoded is all but RFC 3986's unreserved characters, so that
 * it does not matter how its sender had encoded it.
 */
export const normal = (raw: string): string => decode(raw).replace(/[^A-Za-z0-9\-._~]/g, encodeByte);

/** The same for a path, whose slashes stay. Neither `//` nor `..` is resolved: both are parts of object keys. */
export const normalPath = (raw: string): string => decode(raw).replace(/[^A-Za-z0-9\-._~/]/g, encodeByte);

/** Cuts a target in two; the query is undefined where there is no `?`. */
export const cut = (target: string): { readonly path: string; readonly query: string | undefined } => {
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: undefined }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
};

export const parametersOf = (target: string): Parameter[] =>
  (cut(target).query ?? '')
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece) => {
      const [name = '', ...value] = piece.replaceAll('+', '%20').split('=');
      return [name, value.join('=')];
    });

/** Orders text by its bytes; all of it is made of one-byte characters. */
export const byBytes = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

export const byName = ([one, first]: Parameter, [other, second]: Parameter): number =>
  byBytes(one, other) || byBytes(first, second);

// `trim` would also take 0xA0, which may be half a character in UTF-8.
const strip = (value: string): string => {
  let [from, to] = [0, value.length];
  while (from < to && ' \t'.includes(value.charAt(from))) from += 1;
  while (to > from && ' \t'.includes(value.charAt(to - 1))) to -= 1;
  return value.slice(from, to);
};

/** The parameters as both V4 canonical requests have them: written the one way, then ordered. */
export const normalParameters = (target: string): Parameter[] =>
  parametersOf(target)
    .map(([name, value]) => [normal(name), normal(value)] as const)
    .sort(byName);

/** The headers by lower-case name; several of one name are one, joined by commas. */
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

/** The headers but those named, in lower case. */
export const without = (headers: FlatHeaders, names: readonly string[]): string[] =>
  headers.filter((_, at) => !names.includes((headers[at - (at % 2)] ?? '').toLowerCase()));
