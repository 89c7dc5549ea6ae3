import { causeOf } from '../../bucket/cause.ts';
import { type Failure, type FlatHeaders, isReply, type Reply, type Sink } from '../../bucket/transport.ts';
import type { Calling } from '../http1/call.ts';
import { endsUnseen } from '../server/abort.ts';
import { endConnection } from '../server/linger.ts';
import { endWith, sendHead } from '../server/send-head.ts';
import { bodilessHeaders, isBodiless, mayHaveBody } from './bucket-head.ts';
import { breakOff, type Client, noteLast, sentOf, writeReply } from './client.ts';

/** The bucket's final head. */
export interface BucketHead {
  readonly status: number;
  readonly headers: FlatHeaders;
  /** Bytes of the body; -1 if the head does not state them. */
  readonly length: number;
}

/** Bytes of bodies. */
export interface Count {
  /** From the client. */
  received: number;
  /** To the client. */
  sent: number;
}

/**
 * The response to one client: the bucket's own, or an error response of the edge. It calls each function of the sink
 * at most once, and `end` last, when the client's side closes.
 */
export interface ClientResponse {
  /** True while no head was sent. */
  isPending(): boolean;
  /** Whether the client's connection has taken all parts of the bucket's body so far. */
  isFlushed(): boolean;
  /** Whether the edge waits for the client to read. */
  waits(): boolean;
  /**
   * Sends the bucket's final head, after the wait that the sink asks for. If it can't be sent, fails and aborts the
   * bucket's response.
   */
  start(head: BucketHead, calling: Calling): void;
  /**
   * Sends a part of the bucket's body. False if the bucket must pause until the outgoing response drains, or until `start`
   * resumes it.
   */
  write(chunk: Buffer): boolean;
  /** The bucket's body is complete. */
  end(): void;
  /** Sends an error response, or breaks off a response that has begun. Does nothing after the first failure. */
  fail(failure: Failure, error?: unknown): void;
  /**
   * Reports the outcome; call it once, when the client's side has closed. True if what the bucket still sends is for
   * no one: the client left early, or has a reply in its place.
   */
  close(): boolean;
}

/**
 * What the client has been sent. A `waiting` response is not begun yet: it has the parts of the body that have arrived, and
 * whether they are all. A `broken` or `replied` response states why the bucket's could not be sent; null: the sink replied
 * to the client in its place, and the rest of it is dropped as it arrives, so that a short one costs no connection.
 */
type Phase =
  | { readonly name: 'pending' }
  | { readonly name: 'waiting'; readonly parts: Buffer[]; size: number; isWhole: boolean }
  | { readonly name: 'streaming'; readonly length: number; readonly isEmpty: boolean }
  | { readonly name: 'broken'; readonly failure: Failure; readonly cause: string | null }
  | {
      readonly name: 'replied';
      readonly reply: Reply;
      readonly failure: Failure | null;
      readonly cause: string | null;
    };

const PENDING: Phase = { name: 'pending' };

/**
 * Bytes of a body that may arrive before its head is sent. A store answers a write of rules with less, so that its
 * response is not paused: undici takes a paused one for broken off if the store closes the connection after it.
 */
const AHEAD = 64 * 1024;

export const openResponse = (client: Client, sink: Sink, count: Count): ClientResponse =>
  new ToClient(client, sink, count);

/** A class: one for each request, without a closure for each function (docs/decisions/0018-own-transport.md). */
class ToClient implements ClientResponse {
  readonly #client: Client;
  readonly #sink: Sink;
  readonly #count: Count;
  #phase: Phase = PENDING;

  constructor(client: Client, sink: Sink, count: Count) {
    this.#client = client;
    this.#sink = sink;
    this.#count = count;
  }

  isPending(): boolean {
    return this.#phase.name === 'pending';
  }

  isFlushed(): boolean {
    const { outgoing } = this.#client;
    if (this.#phase.name === 'waiting') return false;
    return outgoing.writableFinished || (!outgoing.destroyed && outgoing.writableLength === 0);
  }

  waits(): boolean {
    return this.#phase.name !== 'pending' && this.#client.outgoing.writableNeedDrain;
  }

  start(head: BucketHead, calling: Calling): void {
    const wait = this.#sink.before(head.status);
    if (wait === null) this.#begin(head, calling);
    else this.#beginAfter(wait, head, calling);
  }

  #beginAfter(wait: Promise<void>, head: BucketHead, calling: Calling): void {
    const waiting: Phase = { name: 'waiting', parts: [], size: 0, isWhole: false };
    this.#phase = waiting;
    void wait.then(() => {
      // The client has left, or the response has failed.
      if (this.#client.closed() || this.#phase !== waiting) return;
      if (!this.#begin(head, calling)) return;
      const isTaken = waiting.parts.map((part) => this.write(part)).every(Boolean);
      if (waiting.isWhole) this.#finish();
      else if (isTaken) calling.resume();
    });
  }

  /** Sends the head; false if it can't be sent. */
  #begin({ status, headers, length }: BucketHead, calling: Calling): boolean {
    const { incoming, outgoing } = this.#client;
    try {
      if (status < 100) throw new RangeError('no status is below 100');
      const isEmpty = isBodiless(status);
      const sent = this.#sink.head(status, headers);
      if (isReply(sent)) {
        writeReply(this.#client, sent);
        this.#phase = { name: 'replied', reply: sent, failure: null, cause: null };
        return true;
      }
      if (length === -1 && mayHaveBody(incoming.method, status) && endsUnseen(incoming)) {
        this.fail('HTTPVersionNotSupported');
        calling.abort(new Error('the client could not see where the response ends'));
        return false;
      }
      sendHead(outgoing, status, isEmpty ? bodilessHeaders(status, sent) : sent);
      noteLast(this.#client);
      this.#phase = { name: 'streaming', length, isEmpty };
      return true;
    } catch (error) {
      // The head is invalid, or Node refuses to send it.
      this.fail('BucketAnswerInvalid', error);
      calling.abort(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  write(chunk: Buffer): boolean {
    const phase = this.#phase;
    if (phase.name === 'waiting') {
      phase.parts.push(chunk);
      phase.size += chunk.length;
      return phase.size < AHEAD;
    }
    if (phase.name !== 'streaming' || phase.isEmpty) return true;
    const count = this.#count;
    const { outgoing } = this.#client;
    count.sent += chunk.length;
    if (count.sent !== phase.length) return outgoing.write(chunk);
    // Ending with the last bytes lets Node send a small response in one write.
    if (chunk.length === phase.length) endWith(outgoing, chunk);
    else outgoing.end(chunk);
    return true;
  }

  end(): void {
    this.#sink.answered();
    this.#finish();
  }

  #finish(): void {
    const { outgoing } = this.#client;
    if (this.#phase.name === 'waiting') this.#phase.isWhole = true;
    else if (!outgoing.writableEnded) outgoing.end();
  }

  fail(failure: Failure, error?: unknown): void {
    const client = this.#client;
    const { incoming, outgoing } = client;
    const { name } = this.#phase;
    // An upload that the client breaks off fails at the bucket too; `close` reports the client instead.
    if (name === 'broken' || name === 'replied' || client.closed() || incoming.errored !== null) return;
    const cause = error === undefined ? null : causeOf(error);
    if (name === 'streaming') {
      this.#phase = { name: 'broken', failure, cause };
      breakOff(client);
      return;
    }
    if (failure === 'ClientTimeout' || failure === 'ClientTooSlow') endConnection(incoming, outgoing);
    const reply = this.#sink.fail(failure);
    this.#phase = { name: 'replied', reply, failure, cause };
    writeReply(client, reply);
  }

  close(): boolean {
    const { outgoing } = this.#client;
    const { received, sent } = this.#count;
    const phase = this.#phase;
    switch (phase.name) {
      case 'pending':
      case 'waiting':
      case 'streaming': {
        const isGone = !outgoing.writableFinished;
        this.#sink.end({ received, sent, failure: isGone ? 'ClientGone' : null, cause: null });
        return isGone;
      }
      case 'broken':
        this.#sink.end({ received, sent, failure: phase.failure, cause: phase.cause });
        return false;
      case 'replied': {
        const { reply, cause } = phase;
        const failure = phase.failure ?? (outgoing.writableFinished ? null : 'ClientGone');
        this.#sink.end({ received, sent: sentOf(this.#client, reply), failure, cause });
        return phase.failure === null;
      }
    }
  }
}
