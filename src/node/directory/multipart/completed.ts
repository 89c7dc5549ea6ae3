import type { Element } from '../../../document/xmltext.ts';
import { childText } from '../document.ts';
import { refusal } from '../refusal.ts';
import type { Part } from './parts.ts';

const MAX_PARTS = 10_000;

/** Reads the number of a part. Throws a refusal unless it is one of 1 to 10000. */
export function readNumber(text: string | undefined): number {
  const number = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  if (number >= 1 && number <= MAX_PARTS) return number;
  throw refusal('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive.');
}

/** Whether an ETag is that of a digest, with or without its quotes. */
const names = (etag: string | undefined, digest: string): boolean =>
  etag
    ?.trim()
    .replace(/^"(.*)"$/, '$1')
    .toUpperCase() === digest;

function partOf(listed: Element, parts: ReadonlyMap<number, Part>): Part {
  const part = parts.get(readNumber(childText(listed, 'PartNumber')?.trim()));
  if (part === undefined || !names(childText(listed, 'ETag'), part.digest)) throw refusal('InvalidPart');
  return part;
}

/**
 * The parts that the document of a completion lists. Throws the store's refusal if it lists none, one that was not
 * uploaded, parts out of order, or a part before the last that is too small.
 */
export function listedParts(document: Element, uploaded: readonly Part[], smallest: number): readonly Part[] {
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  const elements = document.children.filter(({ name }) => name === 'Part');
  if (elements.length === 0 || elements.length > MAX_PARTS) throw refusal('MalformedXML');
  const parts = elements.map((element) => partOf(element, byNumber));
  if (parts.some(({ number }, at) => number <= (parts[at - 1]?.number ?? 0)))
    throw refusal('InvalidPartOrder');
  if (parts.slice(0, -1).some(({ size }) => size < smallest)) throw refusal('EntityTooSmall');
  return parts;
}
