import type { Dispatcher } from 'undici';
import type { FlatHeaders } from '../../bucket/transport.ts';
import { hasNoBody } from '../server/no-body.ts';

const LENGTH = 'content-length';
const CODING = 'transfer-encoding';

/** The header lines of a bucket's response. Throws if undici passes none as they are on the wire. */
export function flatHeaders(raw: Dispatcher.DispatchController['rawHeaders']): FlatHeaders {
  if (!Array.isArray(raw)) throw new TypeError('the connection gives no raw headers');
  const flat: string[] = [];
  for (const item of raw) flat.push(typeof item === 'string' ? item : item.toString('latin1'));
  return flat;
}

/**
 * The length of a bucket's body in bytes; -1 if the bucket does not state it. Throws if the body has a transfer coding
 * other than chunked, which the edge would have to decode, or more than one, of which undici reads only the first
 * (RFC 9112 §6.1, §7.1).
 */
export function lengthOf(headers: FlatHeaders): number {
  let length = -1;
  let isChunked = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    if (name.length === LENGTH.length && name.toLowerCase() === LENGTH) length = Number(headers[at + 1]);
    if (name.length !== CODING.length || name.toLowerCase() !== CODING) continue;
    if (isChunked || !/^chunked$/i.test(headers[at + 1] ?? ''))
      throw new TypeError('the body has another transfer coding than one chunked');
    isChunked = true;
  }
  return isChunked ? -1 : length;
}

/** Whether a response to a method may have a body (RFC 9112 §6.3, RFC 9110 §15.3.6). */
export const mayHaveBody = (method: string | undefined, status: number): boolean =>
  method !== 'HEAD' && !hasNoBody(status);

/** Whether a response announces no body either: a 304 repeats the length of the 200 (RFC 9110 §8.6). */
export const isBodiless = (status: number): boolean => status === 204 || status === 205;

/** The headers of a response without a body, without those that announce one (RFC 9110 §8.6, §15.3.6). */
export function bodilessHeaders(status: number, headers: FlatHeaders): FlatHeaders {
  const passed: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    if (name !== CODING && name !== LENGTH) passed.push(headers[at] ?? '', headers[at + 1] ?? '');
  }
  if (status === 205) passed.push('Content-Length', '0');
  return passed;
}
