import type { IncomingMessage } from 'node:http';
import { isStream } from './h2-stream.ts';

/** The fields of a request's head that the platform adapter itself acts on. */
export interface Head {
  readonly hasHost: boolean;
  readonly upgrade: boolean;
  /** Several lines are joined by `, `; the same for `length` and `coding`. */
  readonly expect: string | null;
  readonly length: string | null;
  readonly coding: string | null;
  /** A header that some servers read as framing: `Transfer_Encoding`, `Content_Length`. */
  readonly falseFraming: boolean;
}

/** Reads a head in one pass over the raw headers: Node builds its `headers` object on first access, which costs time. */
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

/** Whether a request has a body (RFC 9112 §6.3). */
export const bringsBody = ({ length, coding }: Head): boolean =>
  coding !== null || (length !== null && Number(length) !== 0);

const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/** Whether the client waits for 100 (Continue). HTTP/1.0 has no expectations (RFC 9110 §10.1.1). */
export const waitsForContinue = (incoming: IncomingMessage, { expect }: Head): boolean =>
  expect !== null && CONTINUE.test(expect) && (isStream(incoming) || incoming.httpVersionMinor > 0);

const LENGTHS: ReadonlySet<number> = new Set(
  ['host', 'expect', 'upgrade', 'content-length', 'transfer-encoding'].map((name) => name.length),
);

const joined = (before: string | null, value: string): string =>
  before === null ? value : `${before}, ${value}`;
