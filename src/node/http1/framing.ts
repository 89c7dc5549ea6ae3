import { answerFault } from './fault.ts';

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
    case 10:
      noteConnection(framing, name.toLowerCase(), value);
      break;
    case 14:
      if (name.toLowerCase() === 'content-length') noteLength(framing, value);
      break;
    case 17:
      if (name.toLowerCase() === 'transfer-encoding') noteCoding(framing, value);
      break;
  }
}

/** Whether a header line would frame a body. */
export function isFraming(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === 'content-length' || lower === 'transfer-encoding';
}

/** The seconds of a Keep-Alive value (https://www.rfc-editor.org/rfc/rfc2068#section-19.7.1); null without them. */
export function keepAliveSeconds(value: string): number | null {
  if (value === '') return null;
  const seconds = /(?:^|[\t ,])timeout[\t ]*=[\t ]*"?(\d{1,9})(?!\d)/i.exec(value)?.[1];
  return seconds === undefined ? null : Number(seconds);
}

/** RFC 9112 §6.3: a second length, even an equal one, is refused, and so is a list. */
function noteLength(framing: Framing, value: string): void {
  if (framing.length !== -1) throw answerFault('the response has more than one Content-Length');
  if (framing.isChunked) throw answerFault('the response has both a Content-Length and a Transfer-Encoding');
  const length = /^\d+$/.test(value) ? Number(value) : -1;
  if (length === -1) throw answerFault('the Content-Length does not consist of digits');
  if (!Number.isSafeInteger(length)) throw answerFault('the Content-Length is too large');
  framing.length = length;
}

/** RFC 9112 §6.1, §7: a coding other than chunked is one that the client has not accepted. */
function noteCoding(framing: Framing, value: string): void {
  if (framing.length !== -1)
    throw answerFault('the response has both a Content-Length and a Transfer-Encoding');
  if (framing.isChunked || value.toLowerCase() !== 'chunked')
    throw answerFault('the body has another transfer coding than one chunked');
  framing.isChunked = true;
}

function noteConnection(framing: Framing, name: string, value: string): void {
  if (name === 'keep-alive')
    framing.keepAlive = framing.keepAlive === '' ? value : `${framing.keepAlive},${value}`;
  if (name !== 'connection') return;
  for (const item of value.toLowerCase().split(',')) {
    const option = item.trim();
    if (option === 'close') framing.closes = true;
    else if (option === 'keep-alive') framing.keepsAlive = true;
  }
}
