/**
 * The text of a document's bytes: UTF-16 by its byte order mark or, without one, by the zero byte beside its first
 * character (XML 1.0 §4.3.3 and appendix F, RFC 4627 §3); else UTF-8. Bytes that are not UTF-8 are read in the encoding
 * that an XML declaration names, if this platform knows it. A byte order mark is left out. Never throws.
 */
export function decodeText(bytes: Uint8Array): string {
  const [first = 1, second = 1] = bytes;
  if ((first === 0xff && second === 0xfe) || (first > 0 && first < 0x80 && second === 0))
    return new TextDecoder('utf-16le').decode(bytes);
  if ((first === 0xfe && second === 0xff) || (first === 0 && second > 0 && second < 0x80))
    return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return decoderFor(declaredIn(bytes)).decode(bytes);
  }
}

const DECLARED = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z][\w.-]{0,39})["']/;

/** The declaration of such a document is in ASCII: any encoding that is not UTF-16 and is in use agrees on it. */
function declaredIn(bytes: Uint8Array): string {
  const head = String.fromCharCode(...bytes.subarray(0, 200));
  return DECLARED.exec(head)?.[1] ?? '';
}

function decoderFor(label: string): TextDecoder {
  // UTF-16 has its zero bytes, so a declaration of it in other bytes is wrong.
  if (label === '' || /^utf-?16/i.test(label)) return new TextDecoder();
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}
