import { parseHead, type RequestHead } from '../../bucket/head.ts';
import { http } from '../built-in.ts';

const NONE = Object.freeze({});

/**
 * A request whose head is parsed once. Node reads `headers` of each request, for Expect and for the framing of its body,
 * and its own getter builds an object of all headers: here they are only those that Node looks for. Everything else
 * reads `head` or `rawHeaders`.
 */
export class LeanMessage extends http.IncomingMessage {
  #head: RequestHead | undefined;

  get head(): RequestHead {
    this.#head ??= parseHead(this.method ?? '', this.rawHeaders);
    return this.#head;
  }
}

// Node's types declare a property, which a class may not override by a getter.
Object.defineProperty(LeanMessage.prototype, 'headers', {
  get(this: LeanMessage) {
    const { expect, length, coding } = this.head;
    if (expect === null && length === null && coding === null) return NONE;
    return {
      ...(expect !== null && { expect }),
      ...(length !== null && { 'content-length': length }),
      ...(coding !== null && { 'transfer-encoding': coding }),
    };
  },
});

/** Options of a server of HTTP/1.1 that does less for each request. It must not require a Host, which Node would not find. */
export const LEAN = {
  IncomingMessage: LeanMessage,
  /** The same for a server of HTTP/2, which serves HTTP/1.1 too. */
  Http1IncomingMessage: LeanMessage,
  /** A request without a body has ended with its head, and emits neither `end` nor `close`. Unknown to Node 22. */
  optimizeEmptyRequests: true,
  /** Otherwise Node would set a timer twice for each request (keep-alive.ts). */
  keepAliveTimeout: 0,
};
