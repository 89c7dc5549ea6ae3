import { answerFault, type Fault } from './fault.ts';

const CONNECTION = 'connection';
const KEEP_ALIVE = 'keep-alive';
const LENGTH = 'content-length';
const CODING = 'transfer-encoding';
const NOT_DIGITS = 'the Content-Length does not consist of digits';
const ZERO = 0x30;
/** The bit that a capital letter lacks. */
const LOWER = 0x20;

/** What the header lines of a response say about its body and its connection. */
export interface Framing {
  /** Of Content-Length; -1 without one. */
  length: number;
  isChunked: boolean;
  /** The Connection option `close`. */
  closes: boolean;
  /** The Connection option `keep-alive`. */
  keepsAlive: boolean;
  /** The value of Keep-Alive. */
  keepAlive: string;
}

export const openFraming = (): Framing => ({
  length: -1,
  isChunked: false,
  closes: false,
  keepsAlive: false,
  keepAlive: '',
});

export function resetFraming(framing: Framing): void {
  framing.length = -1;
  framing.isChunked = false;
  framing.closes = false;
  framing.keepsAlive = false;
  framing.keepAlive = '';
}

/** Notes one header line. Throws if it does not frame the body in one clear way. */
export function noteField(framing: Framing, name: string, value: string): void {
  // Most lines have another length, and cost no more than this.
  switch (name.length) {
    case CONNECTION.length:
      if (isNamed(name, CONNECTION)) noteConnection(framing, value);
      else if (isNamed(name, KEEP_ALIVE)) noteKeepAlive(framing, value);
      break;
    case LENGTH.length:
      if (isNamed(name, LENGTH)) noteLength(framing, value);
      break;
    case CODING.length:
      if (isNamed(name, CODING)) noteCoding(framing, value);
      break;
  }
}

/** Whether a header line would frame a body. */
export const isFraming = (name: string): boolean => isNamed(name, LENGTH) || isNamed(name, CODING);

/** The seconds of a Keep-Alive value (https://www.rfc-editor.org/rfc/rfc2068#section-19.7.1); null without them. */
export function keepAliveSeconds(value: string): number | null {
  if (value === '') return null;
  const seconds = /(?:^|[\t ,])timeout[\t ]*=[\t ]*"?(\d{1,9})(?!\d)/i.exec(value)?.[1];
  return seconds === undefined ? null : Number(seconds);
}

/** Whether a name is this one, which is in lower case. The first letter saves the rest for most names. */
const isNamed = (name: string, lower: string): boolean =>
  (name.charCodeAt(0) | LOWER) === lower.charCodeAt(0) && name.toLowerCase() === lower;

/** RFC 9112 §6.3: a second length, even an equal one, is refused, and so is a list. */
function noteLength(framing: Framing, value: string): void {
  if (framing.length !== -1) throw answerFault('the response has more than one Content-Length');
  if (framing.isChunked) throw bothFault();
  framing.length = lengthOf(value);
}

function lengthOf(value: string): number {
  let length = 0;
  for (let at = 0; at < value.length; at += 1) {
    const digit = value.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) throw answerFault(NOT_DIGITS);
    length = length * 10 + digit;
  }
  if (value === '') throw answerFault(NOT_DIGITS);
  if (length > Number.MAX_SAFE_INTEGER) throw answerFault('the Content-Length is too large');
  return length;
}

/** RFC 9112 §6.1, §7: a coding other than chunked is one that the client has not accepted. */
function noteCoding(framing: Framing, value: string): void {
  if (framing.length !== -1) throw bothFault();
  if (framing.isChunked || value.toLowerCase() !== 'chunked')
    throw answerFault('the body has another transfer coding than one chunked');
  framing.isChunked = true;
}

const bothFault = (): Fault => answerFault('the response has both a Content-Length and a Transfer-Encoding');

function noteConnection(framing: Framing, value: string): void {
  // Almost always it is one option.
  if (value === KEEP_ALIVE) framing.keepsAlive = true;
  else for (const option of value.toLowerCase().split(',')) noteOption(framing, option.trim());
}

function noteOption(framing: Framing, option: string): void {
  if (option === 'close') framing.closes = true;
  else if (option === KEEP_ALIVE) framing.keepsAlive = true;
}

function noteKeepAlive(framing: Framing, value: string): void {
  framing.keepAlive = framing.keepAlive === '' ? value : `${framing.keepAlive},${value}`;
}
