import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Fault } from './fault.ts';
import { locator, MAX_DEPTH, type Problem, shown } from './raw.ts';
import { trimmed } from './value.ts';

export interface Element {
  /** Without its namespace prefix. */
  readonly name: string;
  /** Its own text, untrimmed: references decoded, CDATA as it stands, comments and elements left out. */
  readonly text: string;
  /** Set where the text holds a reference that stands for no character. */
  readonly problem?: Problem;
  readonly children: readonly Element[];
}

export type XmlText =
  | { readonly ok: true; readonly root: Element }
  | { readonly ok: false; readonly fault: Fault };

const WELL_FORMED = 'an XML document with one root element and every element closed';

// Every element's name is marked, so that no name an attacker chooses (`__proto__`, `#text`) is one that means
// something to the parser or to JavaScript; the namespace prefix is dropped on the way.
const MARK = '<';
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  ignorePiTags: true,
  trimValues: false,
  parseTagValue: false,
  // Entities are decoded here, below: the five of XML and numbers, nothing a document could define.
  processEntities: false,
  cdataPropName: '#cdata',
  // Not wanted, but the parser keeps text before a comment only when the comment is kept too.
  commentPropName: '#comment',
  // The parser asks twice for an empty-element tag.
  transformTagName: (name) => (name.startsWith(MARK) ? name : MARK + name.slice(name.indexOf(':') + 1)),
  maxNestedTags: MAX_DEPTH,
  jPath: false,
});

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** XML 1.0, production 2. */
const isXmlChar = (code: number): boolean =>
  code === 0x9 ||
  code === 0xa ||
  code === 0xd ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff);

const decodeReference = (name: string): string | undefined => {
  const digits = /^#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}))$/.exec(name);
  if (digits === null) return ENTITIES.get(name);
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  return isXmlChar(code) ? String.fromCodePoint(code) : undefined;
};

/** One element or piece of text, as the parser gives it: an object with one key. */
type Piece = Readonly<Record<string, unknown>>;

const piecesOf = (value: unknown): readonly Piece[] => (Array.isArray(value) ? value : []);

const textOf = (pieces: readonly Piece[]): { text: string; problem?: Problem } => {
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
  const reason = `${shown(unknown)} stands for no character in XML`;
  return { text, problem: { reason, write: '&amp; &lt; &gt; &quot; &apos; or a number such as &#38;' } };
};

const elementsOf = (pieces: readonly Piece[]): readonly Element[] =>
  pieces.flatMap((piece) => {
    const key = Object.keys(piece)[0] ?? '';
    if (!key.startsWith(MARK)) return [];
    const inside = piecesOf(piece[key]);
    return [{ name: key.slice(MARK.length), children: elementsOf(inside), ...textOf(inside) }];
  });

const refused = (place: string, reason: string, write: string = WELL_FORMED): XmlText => ({
  ok: false,
  fault: { place, reason: shown(reason), write },
});

const parsed = (text: string): readonly Piece[] | string => {
  try {
    return piecesOf(parser.parse(text));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/**
 * Reads XML as far as a document of settings needs it. Refused are a DOCTYPE, elements nested too deep, an HTML page
 * and text that isn't well-formed.
 */
export const parseXml = (whole: string): XmlText => {
  // XML wants its declaration to be the very first thing, which the line break before an inline document spoils. It
  // says nothing that matters here; blanks in its place keep every position true.
  const text = whole.replace(/^\s*<\?xml\s[^>]*\?>/, (found) => found.replace(/[^\r\n]/g, ' '));
  if (/^\s*<(?:!doctype\s+html|html)[\s>]/i.test(text)) {
    return refused('document', 'this is an HTML page', 'a CORSConfiguration document');
  }
  // Whatever is declared this way can define entities. Searched in the bare text, so that no disagreement about
  // where a comment or an attribute ends can hide one.
  const declaration = text.search(/<!(?!--|\[CDATA\[)/);
  if (declaration >= 0) {
    return refused(locator(text)(declaration), 'a DOCTYPE or another declaration', 'the document without it');
  }
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    const { msg, line, col } = valid.err;
    // The validator's word for several open elements: a list of them, said of line 1.
    if (msg.startsWith("Invalid '[")) {
      return refused(
        locator(text)(text.length),
        'not well-formed XML: it ends before its elements are closed',
      );
    }
    return refused(
      `line ${line}${col === undefined ? '' : `, column ${col}`}`,
      `not well-formed XML: ${msg}`,
    );
  }
  const pieces = parsed(text);
  if (typeof pieces === 'string') return refused('document', `can't be read: ${pieces}`);
  const [root, second] = elementsOf(pieces);
  // The validator doesn't look behind a root that is an empty-element tag.
  const behind = textOf(pieces).text + text.slice(text.lastIndexOf('>') + 1);
  if (root === undefined || second !== undefined || trimmed(behind) !== '') {
    return refused('document', 'not well-formed XML: something follows the root element');
  }
  return { ok: true, root };
};
