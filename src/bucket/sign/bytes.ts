/** Web Crypto does not accept a SharedArrayBuffer. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

export const utf8 = (text: string): Bytes => encoder.encode(text);

/**
 * Returns the bytes of text from a head, in which every character is one byte. Text with other characters did not come
 * from the wire, and is sent as UTF-8.
 */
export function bytesOf(text: string): Bytes {
  const encoded = utf8(text);
  // ASCII, as nearly all heads: UTF-8 has the same bytes, and is many times faster.
  if (encoded.length === text.length || /[^\0-\xff]/.test(text)) return encoded;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Returns text in which every character is one byte. */
export const textOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** Joins the pieces of a body. */
export function joined(pieces: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export const base64 = (bytes: Uint8Array): string => btoa(textOf(bytes));

export const sha256 = async (bytes: Bytes): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));

type Hash = 'SHA-1' | 'SHA-256';

/** A secret in the form in which Web Crypto signs with it. */
export type HmacKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export const hmacKey = (hash: Hash, secret: Bytes): Promise<HmacKey> =>
  crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash }, false, ['sign']);

export const hmacBy = async (key: HmacKey, message: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.sign('HMAC', key, message));

export const hmac = async (hash: Hash, secret: Bytes, message: Bytes): Promise<Bytes> =>
  hmacBy(await hmacKey(hash, secret), message);
