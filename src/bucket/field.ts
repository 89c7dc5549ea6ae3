/** A token, as a method or the name of a header (RFC 9110 §5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** No value of a header may have it (RFC 9110 §5.5): a character above 0xFF would become another byte on the wire. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

export const isToken = (text: string): boolean => TOKEN.test(text);

/** Whether a text may be the value of a header: it cannot end its line, nor begin another one. */
export const isFieldValue = (text: string): boolean => !NO_VALUE.test(text);
