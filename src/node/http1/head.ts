import { answerFault, type Fault } from './fault.ts';
import { type Framing, isFraming, noteField, openFraming, resetFraming } from './framing.ts';
import { COLON, CR, HTAB, LF, SP, TEXT, TOKEN } from './octets.ts';

/** A head that was read. The next one of the connection overwrites it, but not its list of header lines. */
export interface Head {
  /** The version is HTTP/1.1, and not HTTP/1.0. */
  isCurrent: boolean;
  status: number;
  /** Flat. */
  headers: string[];
  readonly framing: Framing;
}

export const openHead = (): Head => ({ isCurrent: true, status: 0, headers: [], framing: openFraming() });

/** How every response begins that this client reads (RFC 9112 §2.3, §4). */
export const PROTOCOL = 'HTTP/1.';

export const protocolFault = (): Fault => answerFault('the bucket does not speak the HTTP/1.1 protocol');

const ZERO = 0x30;
const NINE = 0x39;
/** Behind `HTTP/1.1 ` in a status line. */
const STATUS_AT = PROTOCOL.length + 2;

/** Reads a head, each of whose lines ends with CRLF, without the empty line. Throws if RFC 9112 does not allow it. */
export function readHead(text: string, head: Head): void {
  const end = readStatusLine(text, head);
  head.headers = [];
  resetFraming(head.framing);
  readFields(text, end, head.headers, head.framing);
  // RFC 9112 §6.1: such a message is framed wrongly.
  if (head.framing.isChunked && !head.isCurrent) throw answerFault('a response of HTTP/1.0 is chunked');
}

/**
 * Reads the trailer section, and drops it: no client is promised to get it (RFC 9110 §6.5.1). Throws if it would frame
 * the body.
 */
export function checkTrailers(text: string, start: number): void {
  const fields: string[] = [];
  readFields(text, start, fields, null);
  for (let at = 0; at < fields.length; at += 2)
    if (isFraming(fields[at] ?? '')) throw answerFault('the trailers frame the body');
}

/** RFC 9112 §4. Returns where the line after it begins. */
function readStatusLine(text: string, head: Head): number {
  const minor = text.charCodeAt(PROTOCOL.length) - ZERO;
  if (!text.startsWith(PROTOCOL) || (minor !== 0 && minor !== 1)) throw protocolFault();
  const isSpaced = text.charCodeAt(STATUS_AT - 1) === SP;
  const status = threeDigits(text, STATUS_AT);
  if (!isSpaced || status < 100) throw answerFault('the status line has no status of three digits');
  let at = STATUS_AT + 3;
  // A space is due even without a reason. Many servers leave it out, and no meaning hangs on it.
  if (text.charCodeAt(at) === SP) while (TEXT[text.charCodeAt(at)] === 1) at += 1;
  if (text.charCodeAt(at) !== CR || text.charCodeAt(at + 1) !== LF)
    throw answerFault('the status line has an invalid reason phrase');
  head.isCurrent = minor === 1;
  head.status = status;
  return at + 2;
}

/** -1 for anything but three digits. */
function threeDigits(text: string, start: number): number {
  let number = 0;
  for (let at = start; at < start + 3; at += 1) {
    const digit = text.charCodeAt(at);
    if (!(digit >= ZERO && digit <= NINE)) return -1;
    number = number * 10 + digit - ZERO;
  }
  return number;
}

/** RFC 9112 §5. One pass over the characters costs less than regular expressions, and than `split`. */
function readFields(text: string, start: number, fields: string[], framing: Framing | null): void {
  let at = start;
  while (at < text.length) {
    const begin = at;
    while (TOKEN[text.charCodeAt(at)] === 1) at += 1;
    if (at === begin || text.charCodeAt(at) !== COLON) throw nameFault(text, begin, at);
    const name = text.slice(begin, at);
    at += 1;
    while (isBlank(text.charCodeAt(at))) at += 1;
    const from = at;
    while (TEXT[text.charCodeAt(at)] === 1) at += 1;
    if (text.charCodeAt(at) !== CR || text.charCodeAt(at + 1) !== LF)
      throw answerFault('a header line has an invalid character in its value');
    let to = at;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
    const value = text.slice(from, to);
    fields.push(name, value);
    if (framing !== null) noteField(framing, name, value);
    at += 2;
  }
}

const isBlank = (code: number): boolean => code === SP || code === HTAB;

function nameFault(text: string, begin: number, at: number): Fault {
  const isAtBlank = isBlank(text.charCodeAt(at));
  if (at === begin) {
    if (isAtBlank) return answerFault('a header line begins with a blank (line folding)');
    if (text.charCodeAt(at) === COLON) return answerFault('a header line has no name');
  }
  if (isAtBlank) return answerFault('a header line has a blank before its colon');
  if (text.charCodeAt(at) === CR) return answerFault('a header line has no colon');
  return answerFault('a header line has an invalid character in its name');
}
