import type { Readable } from 'node:stream';
import type { FlatHeaders } from '../../bucket/transport.ts';

/** One request as it goes onto a connection. */
export interface Call {
  readonly method: string;
  /** In origin-form, raw. */
  readonly target: string;
  /** Flat; with Host, and without headers of a connection. */
  readonly headers: FlatHeaders;
  /** Null: none. A stream without a Content-Length among the headers goes in chunks. */
  readonly body: Readable | Uint8Array | null;
  /** The name for SNI and for the check of the certificate. */
  readonly servername: string;
  /** Milliseconds from the request to the final head; 0: no limit. */
  readonly headLimit: number;
  /** Milliseconds without a byte of the response's body, while it is not paused. */
  readonly idleLimit: number;
}

/** What becomes of a call. Either `end` or `fail` is the last, and nothing follows an abort but one `fail`. */
export interface Receiver {
  /** The request is on a connection. */
  sent(): void;
  /** The connection took a part of the request's body. */
  moved(): void;
  /** The connection took the whole request with its body. */
  uploaded(): void;
  /** The first byte of a response has arrived. */
  started(): void;
  /** An informational response (1xx) has arrived. */
  informational(): void;
  /**
   * The final head: the status, the header lines as on the wire, and the bytes of the body, -1 if no header states them.
   * The length is also that of a response to HEAD.
   */
  head(status: number, headers: FlatHeaders, length: number): void;
  /** A part of the body. It may be one that arrived before `pause`. */
  data(chunk: Buffer): void;
  /** The response is complete. */
  end(): void;
  /** `error.code` says what failed (`transport/failure.ts`). */
  fail(error: Error): void;
}

/** Controls a call that has begun. */
export interface Calling {
  /** Reads no more of the response. */
  pause(): void;
  resume(): void;
  /** Ends the connection, also one that is being made. `fail` follows with this error, at once or when it has ended. */
  abort(error: Error): void;
}

/** Sends a request over a connection to its address. Of the receiver it calls at most `sent` before it returns. */
export type Ask = (call: Call, receiver: Receiver) => Calling;
