import type { FlatHeaders } from '../../bucket/transport.ts';

/** Takes what the bytes of one response mean. Each function may call `stop` of the reader. */
export interface AnswerReceiver {
  informational(): void;
  /** The final head (`Receiver.head`). */
  head(status: number, headers: FlatHeaders, length: number): void;
  /** A part of the body: a view of the bytes that were taken. */
  data(chunk: Buffer): void;
  /** The response is complete. */
  end(): void;
}

/** Reads the responses of one connection, one after the other. */
export interface AnswerReader {
  /** A request is sent: the next bytes are its response. */
  begin(method: string): void;
  /**
   * Reads bytes, and returns how many belong to the response: fewer than all only if it has ended. Throws an
   * `answerFault`; the reader cannot be used then.
   */
  take(bytes: Buffer): number;
  /** The other side has closed in order: true if that completes a response whose body ends with its connection. */
  close(): boolean;
  /** Calls nothing any more until the next `begin`. */
  stop(): void;
  /** After the end: whether another request may follow on the connection (RFC 9112 §9.3). */
  persists(): boolean;
  /** The seconds of the last response's `Keep-Alive: timeout=`; null without one. */
  keepAlive(): number | null;
}
