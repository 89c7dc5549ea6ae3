import { BACKSLASH, CR, EQUALS, LF, QUOTE, SEMICOLON, TEXT, TOKEN } from '../../bucket/octets.ts';
import { answerFault } from './fault.ts';

/** The bytes of a chunk's first line. */
export const MAX_LINE = 4_096;

/** What the next byte is. */
export const Step = {
  Size: 0,
  FirstOfName: 1,
  Name: 2,
  FirstOfValue: 3,
  Value: 4,
  Quoted: 5,
  QuotedPair: 6,
  AfterQuoted: 7,
  LineFeed: 8,
  Data: 9,
  ReturnAfterData: 10,
  LineFeedAfterData: 11,
  Trailers: 12,
} as const;
export type Step = (typeof Step)[keyof typeof Step];

/** How far the bytes of a chunked body have been read. */
export interface Chunks {
  step: Step;
  /** The bytes of the line so far. */
  line: number;
  /** The bytes of the chunk's data that are still to come. */
  left: number;
}

export const openChunks = (): Chunks => ({ step: Step.Size, line: 0, left: 0 });

export function resetChunks(chunks: Chunks): void {
  chunks.step = Step.Size;
  chunks.line = 0;
  chunks.left = 0;
}

/** Notes that bytes of the data have come. */
export function noteData(chunks: Chunks, count: number): void {
  chunks.left -= count;
  if (chunks.left === 0) chunks.step = Step.ReturnAfterData;
}

/**
 * Reads what is between the data of two chunks (RFC 9112 §7.1), from `start` on. Returns where it stopped: at data, at the
 * trailer section, or at the end of the bytes.
 */
export function readChunkLine(chunks: Chunks, bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && chunks.step !== Step.Data && chunks.step !== Step.Trailers) {
    chunks.step = nextStep(chunks, bytes[at] ?? 0);
    at += 1;
  }
  return at;
}

/** The step after a byte. An extension follows RFC 9112 §7.1.1 without its blanks, which other clients refuse. */
function nextStep(chunks: Chunks, octet: number): Step {
  chunks.line += 1;
  if (chunks.line > MAX_LINE) throw answerFault(`the line of a chunk is larger than ${MAX_LINE} bytes`);
  switch (chunks.step) {
    case Step.Size:
      return (chunks.line > 1 ? afterItem(octet) : null) ?? addDigit(chunks, octet);
    case Step.FirstOfName:
      return TOKEN[octet] === 1 ? Step.Name : refuseExtension();
    case Step.Name:
      if (TOKEN[octet] === 1) return Step.Name;
      return octet === EQUALS ? Step.FirstOfValue : (afterItem(octet) ?? refuseExtension());
    case Step.FirstOfValue:
      if (octet === QUOTE) return Step.Quoted;
      return TOKEN[octet] === 1 ? Step.Value : refuseExtension();
    case Step.Value:
      return TOKEN[octet] === 1 ? Step.Value : (afterItem(octet) ?? refuseExtension());
    case Step.Quoted:
      if (octet === QUOTE) return Step.AfterQuoted;
      if (octet === BACKSLASH) return Step.QuotedPair;
      return TEXT[octet] === 1 ? Step.Quoted : refuseExtension();
    case Step.QuotedPair:
      return TEXT[octet] === 1 ? Step.Quoted : refuseExtension();
    case Step.AfterQuoted:
      return afterItem(octet) ?? refuseExtension();
    default:
      return afterLine(chunks, octet);
  }
}

/** The ends of a line and of the data. */
function afterLine(chunks: Chunks, octet: number): Step {
  if (chunks.step === Step.ReturnAfterData) {
    if (octet !== CR) throw answerFault('the data of a chunk is longer than its size');
    return Step.LineFeedAfterData;
  }
  if (octet !== LF) throw answerFault('the line of a chunk, or its data, does not end with CRLF');
  chunks.line = 0;
  if (chunks.step === Step.LineFeedAfterData) return Step.Size;
  return chunks.left === 0 ? Step.Trailers : Step.Data;
}
/** What may follow a size, a name and a value; null for any other byte. */
function afterItem(octet: number): Step | null {
  if (octet === CR) return Step.LineFeed;
  return octet === SEMICOLON ? Step.FirstOfName : null;
}

function addDigit(chunks: Chunks, octet: number): Step {
  const digit = Number.parseInt(String.fromCharCode(octet), 16);
  if (Number.isNaN(digit)) throw answerFault('the size of a chunk is not plain hexadecimal');
  chunks.left = chunks.left * 16 + digit;
  if (chunks.left > Number.MAX_SAFE_INTEGER) throw answerFault('the size of a chunk is too large');
  return Step.Size;
}

function refuseExtension(): never {
  throw answerFault('a chunk extension has an invalid character');
}
