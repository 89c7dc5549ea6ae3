import type { IncomingMessage } from 'node:http';
import { isStream } from './h2-stream.ts';

/** What the platform adapter itself has to know of a request's head. */
export interface Head {
  readonly hasHost: boolean;
  readonly upgrade: boolean;
  /** Values of several lines are joined by `, `. */
  readonly expect: string | null;
  readonly length: string | null;
  readonly coding: string | null;
  /** A name that some servers take for one that frames a body: `Transfer_Encoding`, `Content_Length`. */
  readonly falseFraming: boolean;
}

/**
 * Reads a head in one pass over what came on the wire: Node makes its object of headers when it is first looked at,
 * and a proxy that only passes them on can do without.
 */
export function readHead({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): Head {
  let hasHost = false;
  let upgrade = false;
  let expect: string | null = null;
  let length: string | null = null;
  let coding: string | null = null;
  let falseFraming = false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (!LENGTHS.has(name.length)) continue;
    const value = rawHeaders[at + 1] ?? '';
    switch (name.toLowerCase()) {
      case 'host':
        hasHost = true;
        break;
      case 'upgrade':
        upgrade = true;
        break;
      case 'expect':
        expect = joined(expect, value);
        break;
      case 'content-length':
        length = joined(length, value);
        break;
      case 'transfer-encoding':
        coding = joined(coding, value);
        break;
      case 'content_length':
      case 'transfer_encoding':
        falseFraming = true;
    }
  }
  return { hasHost, upgrade, expect, length, coding, falseFraming };
}

/** Whether a request brings a body (RFC 9112 §6.3). */
export const bringsBody = ({ length, coding }: Head): boolean =>
  coding !== null || (length !== null && Number(length) !== 0);

const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/** HTTP/1.0 knows of no expectations (RFC 9110 §10.1.1). */
export const waitsForContinue = (incoming: IncomingMessage, { expect }: Head): boolean =>
  expect !== null && CONTINUE.test(expect) && (isStream(incoming) || incoming.httpVersionMinor > 0);

const LENGTHS: ReadonlySet<number> = new Set(
  ['host', 'expect', 'upgrade', 'content-length', 'transfer-encoding'].map((name) => name.length),
);

const joined = (before: string | null, value: string): string =>
  before === null ? value : `${before}, ${value}`;
