import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Outcome, Reply } from '../../bucket/transport.ts';
import { abort } from '../server/abort.ts';
import { isStream } from '../server/h2-stream.ts';
import { bringsBody, type Head, waitsForContinue } from '../server/head.ts';
import { endConnection, endsConnection, lingerAfter } from '../server/linger.ts';
import { sendHead } from '../server/send-head.ts';

/** The client's side of one request on Node. */
export interface Client {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly head: Head;
  /** The client waits for a 100 before it sends its body. */
  readonly expectsContinue: boolean;
  /** True once the response is complete or the connection is gone. */
  closed(): boolean;
  /** Adds a callback for that moment; calls it at once if the moment has passed. */
  onClose(callback: () => void): void;
}

/** Watches one request from its beginning, so that a client that leaves while rules load is noticed. */
export function watchClient(incoming: IncomingMessage, outgoing: ServerResponse, head: Head): Client {
  if (head.length !== null || head.coding !== null) lingerAfter(incoming, outgoing);
  const expectsContinue = waitsForContinue(incoming, head);
  // The edge ends the connection after a response without a 100, which it can only do if a body follows. Without a body
  // send the 100: botocore would read the next response with the status of a final one that came without it
  // (docs/semantics.md §5).
  if (expectsContinue && !bringsBody(head)) outgoing.writeContinue();
  const client = new Watched(incoming, outgoing, head, expectsContinue);
  outgoing.on('close', () => client.close());
  return client;
}

/** A class: one for each request, without a closure for each function (docs/decisions/0018-own-transport.md). */
class Watched implements Client {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly head: Head;
  readonly expectsContinue: boolean;
  #isClosed = false;
  /** The first callback; a second one is rare. */
  #first: (() => void) | null = null;
  #more: (() => void)[] | null = null;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, head: Head, expectsContinue: boolean) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.head = head;
    this.expectsContinue = expectsContinue;
  }

  closed(): boolean {
    return this.#isClosed;
  }

  onClose(callback: () => void): void {
    if (this.#isClosed) callback();
    else if (this.#first === null) this.#first = callback;
    else {
      this.#more ??= [];
      this.#more.push(callback);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#first?.();
    for (const callback of this.#more ?? []) callback();
  }
}

/** Sends a response that the edge makes itself. Does nothing for a client that has gone. */
export function writeReply(client: Client, reply: Reply): void {
  const { incoming, outgoing, head } = client;
  if (client.closed()) return;
  if (endsConnection(incoming, head)) endConnection(incoming, outgoing);
  sendHead(outgoing, reply.status, reply.headers, reply.alike);
  outgoing.end(reply.body);
}

/** Reads no further request from the connection if the head that was sent says `Connection: close`. */
export function noteLast({ incoming, outgoing }: Client): void {
  if (!outgoing.shouldKeepAlive && !isStream(incoming)) endConnection(incoming, outgoing);
}

/** Ends a response so that the client sees that it is incomplete. */
export function breakOff({ incoming, outgoing }: Pick<Client, 'incoming' | 'outgoing'>): void {
  if (!isStream(incoming)) abort(incoming.socket);
  outgoing.destroy();
}

/** Body bytes of a reply that the client's socket took. */
export const sentOf = ({ incoming, outgoing }: Client, { body }: Reply): Outcome['sent'] =>
  outgoing.writableFinished && incoming.method !== 'HEAD' ? Buffer.byteLength(body) : 0;
