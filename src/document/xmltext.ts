import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Fault } from './fault.ts';
import { excerpt, locator, MAX_DEPTH, type Problem } from './raw.ts';
import { shown } from './shown.ts';
import { trimmed } from './value.ts';

export interface Element {
  /** Without its namespace prefix. */
  readonly name: string;
  /** The element's own text, untrimmed: references decoded, CDATA verbatim, without comments and child elements. */
  readonly text: string;
  /** Set if the text contains a reference that stands for no character. */
  readonly problem?: Problem;
  readonly children: readonly Element[];
  /** Its offset in the text. */
  readonly at: number;
}

export type XmlText =
  | { readonly ok: true; readonly root: Element }
  | { readonly ok: false; readonly fault: Fault };

const WELL_FORMED = 'an XML document with one root element and every element closed';

// Every element's name gets this prefix, so that no name in a hostile document (`__proto__`, `#text`) has a meaning
// for the parser or for JavaScript. The namespace prefix is removed at the same time.
const MARK = '<';
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  ignorePiTags: true,
  trimValues: false,
  parseTagValue: false,
  // `textOf` decodes the five entities of XML and numeric references, but no entity that a document defines.
  processEntities: false,
  cdataPropName: '#cdata',
  // Comments are not used, but without them the parser drops the text before a comment.
  commentPropName: '#comment',
  // The parser calls this twice for an empty-element tag.
  transformTagName: (name) => (name.startsWith(MARK) ? name : MARK + name.slice(name.indexOf(':') + 1)),
  maxNestedTags: MAX_DEPTH,
  captureMetaData: true,
  jPath: false,
});

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

const META = XMLParser.getMetaDataSymbol() as unknown as symbol;

/** One element or piece of text from the parser: an object with one key. */
type Piece = Readonly<Record<string, unknown>>;

/**
 * Parses the XML of a CORS document. A DOCTYPE, elements nested too deep, an HTML page and text that is not well-formed
 * are refused.
 */
export function parseXml(whole: string): XmlText {
  // XML allows its declaration only at the very start, but an inline document often begins with a line break. The
  // declaration has no effect here; spaces in its place preserve every position.
  const text = whole.replace(/^\s*<\?xml\s[^>]*\?>/, (found) => found.replace(/[^\r\n]/g, ' '));
  if (/^\s*<(?:!doctype\s+html|html)[\s>]/i.test(text))
    return refused('document', 'is an HTML page', 'a CORSConfiguration document');
  // A declaration can define entities. The search covers the whole text, so that no disagreement about the end of a
  // comment or an attribute can hide one.
  const declaration = text.search(/<!(?!--|\[CDATA\[)/);
  if (declaration >= 0) {
    const place = locator(text)(declaration);
    return refused(place, 'is a DOCTYPE or another declaration', 'the document without it');
  }
  return notWellFormed(text) ?? rootOf(text);
}

function notWellFormed(text: string): XmlText | undefined {
  const valid = XMLValidator.validate(text);
  if (valid === true) return undefined;
  const { msg, line, col } = valid.err;
  // The validator reports several open elements as a list on line 1.
  if (msg.startsWith("Invalid '[")) {
    const place = locator(text)(text.length);
    return refused(place, 'is not well-formed XML: it ends before its elements are closed');
  }
  const place = `line ${line}${col === undefined ? '' : `, column ${col}`}`;
  if (msg.startsWith('Extra text')) return extraText(text, place);
  return refused(place, `is not well-formed XML: ${msg}`);
}

/** `ossutil` prints the time that it took after a document. Text before a last comment is not shown. */
function extraText(text: string, somewhere: string): XmlText {
  const at = text.lastIndexOf('>') + 1;
  const value = trimmed(text.slice(at));
  const place = value === '' ? somewhere : locator(text)(text.indexOf(value, at));
  const after = value === '' ? {} : { value: shown(value) };
  const reason = 'is text after the end of the XML document';
  const write = 'the document without it: it ends with its root element';
  return { ok: false, fault: { code: 'BC001', place, ...after, reason, write } };
}

function rootOf(text: string): XmlText {
  const pieces = parsed(text);
  if (typeof pieces === 'string') return refused('document', `cannot be parsed: ${pieces}`);
  const [root, second] = elementsOf(pieces);
  // The validator ignores what follows a root that is an empty-element tag.
  const after = textOf(pieces).text + text.slice(text.lastIndexOf('>') + 1);
  if (root === undefined || second !== undefined || trimmed(after) !== '')
    return refused('document', 'is not well-formed XML: text or an element follows the root element');
  return { ok: true, root };
}

/** The parser's pieces, or its message. */
function parsed(text: string): readonly Piece[] | string {
  try {
    return piecesOf(parser.parse(text));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function piecesOf(value: unknown): readonly Piece[] {
  return Array.isArray(value) ? value : [];
}

function elementsOf(pieces: readonly Piece[]): readonly Element[] {
  return pieces.flatMap((piece) => {
    const key = Object.keys(piece)[0] ?? '';
    if (!key.startsWith(MARK)) return [];
    const inside = piecesOf(piece[key]);
    return [
      { name: key.slice(MARK.length), children: elementsOf(inside), ...textOf(inside), at: offsetOf(piece) },
    ];
  });
}

function offsetOf(piece: object): number {
  const meta = Reflect.get(piece, META) as { readonly startIndex?: number } | undefined;
  return meta?.startIndex ?? 0;
}

function textOf(pieces: readonly Piece[]): { text: string; problem?: Problem } {
  let text = '';
  let unknown: string | undefined;
  for (const piece of pieces) {
    for (const inner of piecesOf(piece['#cdata'])) text += String(inner['#text'] ?? '');
    text += String(piece['#text'] ?? '').replace(/&([^;&]*);/g, (whole, name: string) => {
      const decoded = decodeReference(name);
      if (decoded === undefined) unknown ??= whole;
      return decoded ?? whole;
    });
  }
  if (unknown === undefined) return { text };
  const reason = `contains ${excerpt(unknown)}, which stands for no character in XML`;
  return {
    text,
    problem: { code: 'BC001', reason, write: '&amp; &lt; &gt; &quot; &apos; or a number such as &#38;' },
  };
}

function decodeReference(name: string): string | undefined {
  const digits = /^#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}))$/.exec(name);
  if (digits === null) return ENTITIES.get(name);
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  return isXmlChar(code) ? String.fromCodePoint(code) : undefined;
}

/** XML 1.0, production 2. */
function isXmlChar(code: number): boolean {
  return (
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  );
}

function refused(place: string, reason: string, write: string = WELL_FORMED): XmlText {
  return { ok: false, fault: { code: 'BC001', place, reason: excerpt(reason), write } };
}
