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
  /** Milliseconds from the request to the final head; 0: no limit. */
  readonly headLimit: number;
  /** Milliseconds without a byte of the response's body, while it is not paused; 0: no limit. */
  readonly idleLimit: number;
  /** Over a new connection: a bucket may have closed several idle ones at the same moment. */
  readonly isRetry?: boolean;
}

/** What becomes of a call. Either `end` or `fail` is the last, and nothing follows an abort but one `fail`. */
export interface Receiver {
  /** The request is on a connection. */
  sent(): void;
  /** The connection took a part of the request's body. */
  moved(): void;
  /** The connection took the whole body. Not called without one. */
  uploaded(): void;
  /** The first byte of a response has arrived. */
  started(): void;
  /**
   * The final head: the status, the header lines as on the wire, and the bytes of the body, -1 if no header states them.
   * The length is also that of a response to HEAD.
   */
  head(status: number, headers: FlatHeaders, length: number): void;
  /** A part of the body. It may be one that arrived before `pause`. Its memory is used again once `isDone` returns true. */
  data(chunk: Buffer): void;
  /** Whether the bytes of all parts so far are needed no more. */
  isDone(): boolean;
  /** The response is complete. */
  end(): void;
  /** `error.code` says what failed (`transport/failure.ts`). */
  fail(error: Error): void;
}

/** Controls a call that has begun. Does nothing once it has ended. */
export interface Calling {
  /** Reads no more of the response. */
  pause(): void;
  resume(): void;
  /** Ends the connection, also one that is being made. `fail` follows with this error, at once or when it has ended. */
  abort(error: Error): void;
}

/** Sends a request over a connection to its address. Of the receiver it calls at most `sent` before it returns. */
export type Ask = (call: Call, receiver: Receiver) => Calling;

/** Where connections go. */
export interface Address {
  /** Scheme, host and port: `https://bucket.oss-cn-hangzhou.aliyuncs.com`. */
  readonly base: string;
  /** For SNI and for the check of the certificate, whatever the Host header is. */
  readonly servername: string;
  /** Milliseconds for a connection, TLS included. */
  readonly connectLimit: number;
}

/** Connections to addresses, made on demand. */
export interface Connections {
  /** Cheap: call it for each request, since DNS is asked again for new connections only. */
  at(address: Address): Ask;
  /** Ends idle connections at once, and the others after their responses. Resolves when all have ended. */
  close(): Promise<void>;
}
