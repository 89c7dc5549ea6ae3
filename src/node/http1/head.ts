import { COLON, CR, isBlank, LF, SP, TEXT, TOKEN } from '../../bucket/octets.ts';
import { answerFault, type Fault } from './fault.ts';
import { type Framing, isFraming, noteField, openFraming, resetFraming } from './framing.ts';

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
/** How far the status stands behind the beginning of its line. */
const STATUS = PROTOCOL.length + 2;

/** Lines, each of which ends with CRLF. */
export interface Lines {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Reads the lines of a head. Throws if RFC 9112 does not allow it. */
export function readHead(lines: Lines, head: Head): void {
  const start = readStatusLine(lines, head);
  head.headers = [];
  resetFraming(head.framing);
  readFields(lines, start, head.headers, head.framing);
  // RFC 9112 §6.1: such a message is framed wrongly.
  if (head.framing.isChunked && !head.isCurrent) throw answerFault('a response of HTTP/1.0 is chunked');
}

/**
 * Reads the trailer section, which begins with the CRLF of the last chunk, and drops it: no client is promised to get it
 * (RFC 9110 §6.5.1). Throws if it would frame the body.
 */
export function checkTrailers(lines: Lines): void {
  const fields: string[] = [];
  readFields(lines, lines.start + 2, fields, null);
  for (let at = 0; at < fields.length; at += 2)
    if (isFraming(fields[at] ?? '')) throw answerFault('the trailers frame the body');
}

/** RFC 9112 §4. Returns where the line after it begins. */
function readStatusLine({ bytes, start }: Lines, head: Head): number {
  for (let at = 0; at < PROTOCOL.length; at += 1)
    if (bytes[start + at] !== PROTOCOL.charCodeAt(at)) throw protocolFault();
  const minor = (bytes[start + PROTOCOL.length] ?? 0) - ZERO;
  if (minor !== 0 && minor !== 1) throw protocolFault();
  const status = bytes[start + STATUS - 1] === SP ? threeDigits(bytes, start + STATUS) : -1;
  if (status < 100) throw answerFault('the status line has no status of three digits');
  let at = start + STATUS + 3;
  // A space is due even without a reason. Many servers leave it out, and no meaning hangs on it.
  if (bytes[at] === SP) while (TEXT[bytes[at] ?? 0] === 1) at += 1;
  if (bytes[at] !== CR || bytes[at + 1] !== LF)
    throw answerFault('the status line has an invalid reason phrase');
  head.isCurrent = minor === 1;
  head.status = status;
  return at + 2;
}

/** -1 for anything but three digits. */
function threeDigits(bytes: Buffer, start: number): number {
  let number = 0;
  for (let at = start; at < start + 3; at += 1) {
    const octet = bytes[at] ?? 0;
    if (octet < ZERO || octet > NINE) return -1;
    number = number * 10 + octet - ZERO;
  }
  return number;
}

/**
 * RFC 9112 §5. Octets are read from the bytes, in a third of the time that characters of a string take; names and values
 * are cut from one string, since each decoding on its own would cost more than all the rest.
 */
function readFields(
  { bytes, start, end }: Lines,
  from: number,
  fields: string[],
  framing: Framing | null,
): void {
  const text = bytes.toString('latin1', start, end);
  let at = from;
  while (at < end) {
    const begin = at;
    while (TOKEN[bytes[at] ?? 0] === 1) at += 1;
    if (at === begin || bytes[at] !== COLON) throw nameFault(bytes, begin, at);
    const name = text.slice(begin - start, at - start);
    at += 1;
    while (isBlank(bytes[at])) at += 1;
    const first = at;
    while (TEXT[bytes[at] ?? 0] === 1) at += 1;
    if (bytes[at] !== CR || bytes[at + 1] !== LF)
      throw answerFault('a header line has an invalid character in its value');
    let last = at;
    while (last > first && isBlank(bytes[last - 1])) last -= 1;
    // RFC 9112 §5.1 allows it. But llhttp takes `chunked` before a tab for another coding, and other clients count the
    // blanks as digits of a length: they would not agree on where the response ends.
    if (last < at && isFraming(name))
      throw answerFault('a line that frames the body has a blank after its value');
    const value = text.slice(first - start, last - start);
    fields.push(name, value);
    if (framing !== null) noteField(framing, name, value);
    at += 2;
  }
}

function nameFault(bytes: Buffer, begin: number, at: number): Fault {
  const isAtBlank = isBlank(bytes[at]);
  if (at === begin) {
    if (isAtBlank) return answerFault('a header line begins with a blank (line folding)');
    if (bytes[at] === COLON) return answerFault('a header line has no name');
  }
  if (isAtBlank) return answerFault('a header line has a blank before its colon');
  if (bytes[at] === CR) return answerFault('a header line has no colon');
  return answerFault('a header line has an invalid character in its name');
}
