import { type ReadLimits, type SmallAnswer, signedBy } from './read.ts';
import type { Bytes } from './sign/bytes.ts';
import type { Address, FlatHeaders, Sign } from './transport.ts';

/** A request that changes something, with a small body or none. */
export interface SmallWrite {
  readonly method: 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: FlatHeaders;
  readonly body: Bytes | null;
}

/**
 * Sends a small write once, whatever happens, and reads its small answer. Follows no redirects. Rejects without an answer,
 * with the signal's reason after an abort, and with a RangeError when the answer is longer than `maxBytes`: in each case the
 * write may have taken effect.
 */
export type Write = (request: SmallWrite, limits: ReadLimits) => Promise<SmallAnswer>;

/** A document of rules as it is sent. */
export interface SentDocument {
  readonly bytes: Bytes;
  /** Content-MD5, in base64: S3 takes no rules without a checksum. */
  readonly md5: string;
}

/**
 * Returns a function that writes a bucket's rules, or removes them for null, signed by `sign`. Rejects as `write` does, and
 * with an error named UNSIGNED before anything is sent.
 */
export const sendRules =
  (address: Address, write: Write, sign: Sign = (request) => request) =>
  async (document: SentDocument | null, limits: ReadLimits): Promise<SmallAnswer> => {
    const method = document === null ? 'DELETE' : 'PUT';
    const own = document === null ? [] : ['Content-Type', 'application/xml', 'Content-MD5', document.md5];
    const headers = ['Host', address.host, ...own];
    const body = document?.bytes ?? null;
    const signed = await signedBy(sign, { method, target: `${address.path}/?cors`, headers, body });
    const url = address.base + signed.target;
    return write({ method, url, headers: signed.headers, body }, limits);
  };
