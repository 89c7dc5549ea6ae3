import { isFieldValue, isToken } from './field.ts';

/** A table of the 256 octets: 1 for those that a test accepts. */
export function table(accepts: (octet: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) => (accepts(octet) ? 1 : 0));
}

const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const QUOTE = 0x22;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;

/** `tchar`, of which a token consists (RFC 9110 §5.6.2). */
export const TOKEN = table((octet) => isToken(String.fromCharCode(octet)));

/** What the text of a field value, a reason phrase and a quoted pair consists of (RFC 9110 §5.5, §5.6.4). */
export const TEXT = table((octet) => isFieldValue(String.fromCharCode(octet)));

/** A blank in a head (RFC 9110 §5.6.3). */
export const isBlank = (octet: number | undefined): boolean => octet === SP || octet === HTAB;
