import type { BucketRequest, Failure, FlatHeaders, Sink } from '../../bucket/transport.ts';
import type { Call, Calling, Receiver } from '../http1/call.ts';
import { isSafe } from '../http1/connection.ts';
import { bringsBody } from '../server/head.ts';
import type { Client } from './client.ts';
import { closedWhenReused, failureOf } from './failure.ts';
import type { Permit, Turn } from './gate.ts';
import type { Line } from './pools.ts';
import { type ClientResponse, type Count, openResponse } from './response.ts';
import { openUpload, type Upload } from './upload.ts';

/**
 * The bucket's side of an exchange. queued: waits at the gate. connecting: there is no connection for it yet. sent: it is
 * on a connection. answering: bytes of a response have arrived. ended: nothing more comes from the bucket. A retry goes
 * back from sent to connecting. The client's side is `ClientResponse`.
 */
type Stage = 'queued' | 'connecting' | 'sent' | 'answering' | 'ended';

/**
 * Sends a request to its bucket and streams the response to the client: its chunks go unchanged to the outgoing
 * response, and each side waits for the other. If the bucket fails after its head was sent, the client's connection
 * breaks, so that a short response never looks complete (promise 3). `key` identifies the client at the gate.
 */
export function send(line: Line, request: BucketRequest, client: Client, sink: Sink, key: string): void {
  const sending = new Sending(line, request, client, sink, key);
  client.onClose(() => sending.close());
  if (!client.closed()) sending.begin();
}

/**
 * One request on its way, and what comes back from the bucket. A class: one for each request, without a closure for each
 * function (docs/decisions/0018-own-transport.md).
 */
class Sending implements Receiver {
  readonly count: Count = { received: 0, sent: 0 };
  readonly response: ClientResponse;
  /** The request's body; null if it has no body. */
  readonly upload: Upload | null;
  readonly #line: Line;
  readonly #request: BucketRequest;
  readonly #client: Client;
  readonly #sink: Sink;
  readonly #permit: Permit;
  #stage: Stage = 'queued';
  /** Null before there is one, and while it is begun. */
  #calling: Calling | null = null;
  /** It waits, and is counted among those that do. */
  #isCounted = false;
  #isRetry = false;

  constructor(line: Line, request: BucketRequest, client: Client, sink: Sink, key: string) {
    this.#line = line;
    this.#request = request;
    this.#client = client;
    this.#sink = sink;
    this.response = openResponse(client, sink, this.count);
    this.upload = bringsBody(client.head)
      ? openUpload(client, this.count, line.timeouts, (failure) => this.expire(failure))
      : null;
    this.#permit = line.gate.permit(new SendingTurn(this, key));
  }

  begin(): void {
    const { underway } = this.#sink;
    this.#permit.request();
    if (this.#stage !== 'queued' || underway === undefined) return;
    underway.queued += 1;
    this.#isCounted = true;
  }

  /** Counts it no more among those that wait. */
  leaveQueue(): void {
    const { underway } = this.#sink;
    if (!this.#isCounted || underway === undefined) return;
    this.#isCounted = false;
    underway.queued -= 1;
  }

  refuse(): void {
    this.leaveQueue();
    this.#stage = 'ended';
    this.response.fail('BucketBusy');
  }

  /** Queued to connecting, and again for a retry. */
  connect(): void {
    const { method, target, headers } = this.#request;
    const { ask, timeouts } = this.#line;
    const { upload } = this;
    this.#stage = 'connecting';
    this.#calling = null;
    const call: Call = {
      method,
      target,
      headers,
      body: upload === null ? null : upload.open(),
      // An upload has limits of its own.
      headLimit: upload === null ? timeouts.head : 0,
      idleLimit: timeouts.idle,
      isRetry: this.#isRetry,
    };
    this.#calling = ask(call, this);
  }

  /** Fails a request that is on its connection, because a time limit of its client or its bucket has passed. */
  expire(failure: Failure): void {
    this.response.fail(failure);
    this.#calling?.abort(new Error(failure));
  }

  /** The client's side has closed: takes the request back from wherever it is, if the client has left. */
  close(): void {
    this.leaveQueue();
    if (!this.response.close()) return;
    if (this.#stage === 'queued') this.#permit.release();
    else this.#calling?.abort(new Error('the client has gone'));
    // Only undici: it cannot cancel a connection attempt.
    if (this.#stage === 'connecting') this.#permit.abandon();
  }

  sent(): void {
    this.#stage = 'sent';
    this.upload?.begun();
  }

  moved(): void {
    this.upload?.moved();
  }

  uploaded(): void {
    this.upload?.ended();
  }

  started(): void {
    this.#stage = 'answering';
  }

  head(status: number, headers: FlatHeaders, length: number): void {
    this.upload?.stop();
    if (this.#calling !== null) this.response.start({ status, headers, length }, this.#calling);
  }

  data(chunk: Buffer): void {
    if (this.response.write(chunk)) return;
    this.#calling?.pause();
    // Parts that have arrived before come in spite of the pause.
    const { outgoing } = this.#client;
    if (outgoing.listenerCount('drain') === 0) outgoing.once('drain', () => this.#calling?.resume());
  }

  isDone(): boolean {
    return this.response.isFlushed();
  }

  end(): void {
    this.#end();
    this.response.end();
  }

  fail(error: Error): void {
    if (this.#mayRetry(error)) {
      this.#isRetry = true;
      this.connect();
      return;
    }
    this.#end();
    this.response.fail(failureOf(error), error);
  }

  /**
   * A bucket may close an idle connection at the moment at which it is used again. The request is sent once more if not a
   * byte of a response has arrived and the client still waits; one that changes something only if it was not sent yet.
   */
  #mayRetry(error: Error): boolean {
    const mayRepeat = this.upload === null && isSafe(this.#request.method);
    return (
      !this.#isRetry &&
      (this.#stage === 'connecting' || (this.#stage === 'sent' && mayRepeat)) &&
      this.response.isPending() &&
      !this.#client.closed() &&
      closedWhenReused(error)
    );
  }

  /** From any stage to ended. */
  #end(): void {
    this.#stage = 'ended';
    this.upload?.stop();
    this.#permit.release();
  }
}

/** A request at the gate. */
class SendingTurn implements Turn {
  readonly client: string;
  readonly #sending: Sending;

  constructor(sending: Sending, client: string) {
    this.#sending = sending;
    this.client = client;
  }

  go(): void {
    this.#sending.leaveQueue();
    this.#sending.connect();
  }

  refuse(): void {
    this.#sending.refuse();
  }

  moved(): number {
    const { received, sent } = this.#sending.count;
    return received + sent;
  }

  waits(): boolean {
    return this.#sending.response.waits() || this.#sending.upload?.waits() === true;
  }

  end(): void {
    this.#sending.expire('ClientTooSlow');
  }
}
