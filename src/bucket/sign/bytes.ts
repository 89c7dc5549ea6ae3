/** Web Crypto does not accept a SharedArrayBuffer. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

/**
 * Returns the bytes of text from a head, in which every character is one byte. Text with other characters did not come
 * from the wire, and is sent as UTF-8.
 */
export const bytesOf = (text: string): Bytes =>
  /[^\0-\xff]/.test(text) ? utf8(text) : Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Returns text in which every character is one byte. */
export const textOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** Lower-case hexadecimal. */
export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export const base64 = (bytes: Uint8Array): string => btoa(textOf(bytes));

export const sha256 = async (bytes: Bytes): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));

export const hmac = async (hash: 'SHA-1' | 'SHA-256', secret: Bytes, message: Bytes): Promise<Bytes> => {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, message));
};
