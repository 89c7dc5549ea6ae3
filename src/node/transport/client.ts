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
  let closed = false;
  const callbacks: (() => void)[] = [];
  if (head.length !== null || head.coding !== null) lingerAfter(incoming, outgoing);
  const expectsContinue = waitsForContinue(incoming, head);
  // The edge ends the connection after a response without a 100, which it can only do if a body follows. Without a body
  // send the 100: botocore would read the next response with the status of a final one that came without it
  // (docs/semantics.md §5).
  if (expectsContinue && !bringsBody(head)) outgoing.writeContinue();
  outgoing.on('close', () => {
    closed = true;
    for (const callback of callbacks) callback();
  });
  return {
    incoming,
    outgoing,
    head,
    expectsContinue,
    closed: () => closed,
    onClose: (callback) => {
      if (closed) callback();
      else callbacks.push(callback);
    },
  };
}

/** Sends a response that the edge makes itself. Does nothing for a client that has gone. */
export function writeReply(client: Client, reply: Reply): void {
  const { incoming, outgoing, head } = client;
  if (client.closed()) return;
  if (endsConnection(incoming, head)) endConnection(incoming, outgoing);
  sendHead(outgoing, reply.status, reply.headers);
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
