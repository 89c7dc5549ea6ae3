const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // Readers turn a bare one into a line feed (https://www.w3.org/TR/xml/#sec-line-ends).
  '\r': '&#13;',
};

// XML 1.0 cannot represent these, not even escaped (https://www.w3.org/TR/xml/#charsets). The text may name an object or
// quote a document, so U+FFFD shows where one was.
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const escapeXml = (text: string): string =>
  text.replace(FORBIDDEN, '\u{FFFD}').replace(/[&<>"'\r]/g, (character) => ESCAPES[character] ?? '');

/** An element with text in it. */
export const element = (name: string, text: string | number): string =>
  `<${name}>${escapeXml(String(text))}</${name}>`;

/** A document. Each line is an element, or several; `attributes` begins with a blank. */
export const documentOf = (root: string, attributes: string, lines: readonly string[]): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<${root}${attributes}>`,
    ...lines.map((line) => `  ${line}`),
    `</${root}>`,
    '',
  ].join('\n');
