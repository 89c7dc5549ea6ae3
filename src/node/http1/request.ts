import { isFieldValue, isToken } from '../../bucket/field.ts';
import type { Call } from './call.ts';
import { fault } from './fault.ts';

/** Visible characters, and the bytes above ASCII that Node's parser lets pass (RFC 9112 §3.2). */
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/** The methods whose body a server may expect: without one they state its length (RFC 9110 §8.6). */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** How a request's body ends: after so many bytes, or in chunks. */
export type BodyFraming = number | 'chunked';

export interface RequestHead {
  /** Latin-1, up to the empty line. */
  readonly text: string;
  /** 0 without a body. */
  readonly framing: BodyFraming;
}

/**
 * Writes a request's head. Throws a fault with ERR_REQUEST_INVALID if a part of it is not allowed there: it would end its
 * line, and begin another header or request.
 */
export function requestHead({ method, target, headers, body }: Call): RequestHead {
  if (!isToken(method)) throw invalid('the method is not a token');
  if (!TARGET.test(target)) throw invalid('the target has a character that is not allowed in it');
  let text = `${method} ${target} HTTP/1.1\r\n`;
  let length: string | null = null;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? '';
    const value = headers[at + 1] ?? '';
    if (!isToken(name)) throw invalid('the name of a header is not a token');
    if (!isFieldValue(value)) throw invalid('a header has a character that is not allowed in it');
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (length !== null) throw invalid('there is more than one Content-Length');
      length = value;
    }
    // The edge itself frames the body.
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding')
      throw invalid('a header frames the body');
    text += `${name}: ${value}\r\n`;
  }
  const framing = framingOf(body, length);
  if (framing === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  else if (length === null && (framing > 0 || WITH_BODY.has(method)))
    text += `Content-Length: ${framing}\r\n`;
  return { text: `${text}\r\n`, framing };
}

function framingOf(body: Call['body'], stated: string | null): BodyFraming {
  const known = body === null ? 0 : body instanceof Uint8Array ? body.length : null;
  if (stated === null) return known ?? 'chunked';
  const length = Number(stated);
  if (!/^\d+$/.test(stated) || !Number.isSafeInteger(length)) throw invalid('Content-Length is not a number');
  if (known !== null && known !== length) throw invalid('Content-Length is not that of the body');
  return length;
}

const invalid = (message: string) => fault('ERR_REQUEST_INVALID', message);
