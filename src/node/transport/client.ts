import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Failure, Outcome, Reply } from '../../bucket/transport.ts';
import { abort } from '../server/abort.ts';
import { isStream } from '../server/h2-stream.ts';
import { bringsBody, type Head, waitsForContinue } from '../server/head.ts';
import { endConnection, endsConnection, lingerAfter } from '../server/linger.ts';

/** The client's side of one request on Node. */
export interface Client {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly head: Head;
  /** The client waits for a 100 before it sends its body. */
  readonly expectsContinue: boolean;
  /** True once the response is complete or the connection is gone. */
  closed(): boolean;
  /** Calls back when that happens; at once when it has. At most one callback. */
  onClose(callback: () => void): void;
}

/** Writes an answer of the edge's own; calls back when it has ended. */
export function writeReply(client: Client, reply: Reply, end: (failure: Failure | null) => void): void {
  const { incoming, outgoing, head } = client;
  client.onClose(() => end(outgoing.writableFinished ? null : 'ClientGone'));
  if (client.closed()) return;
  if (endsConnection(incoming, head)) endConnection(incoming, outgoing);
  // Node changes no list that it is given.
  outgoing.writeHead(reply.status, reply.headers as string[]);
  outgoing.end(reply.body);
}

/** Takes no other request from a connection on which a head has just said that it is the last. */
export function noteLast({ incoming, outgoing }: Client): void {
  if (!outgoing.shouldKeepAlive && !isStream(incoming)) endConnection(incoming, outgoing);
}

/** Breaks an answer off that may have begun, so that it does not look whole. */
export function breakOff({ incoming, outgoing }: Pick<Client, 'incoming' | 'outgoing'>): void {
  if (!isStream(incoming)) abort(incoming.socket);
  outgoing.destroy();
}

/** Body bytes of a reply that reached the client's socket. */
export const sentOf = ({ incoming, outgoing }: Client, { body }: Reply): Outcome['sent'] =>
  outgoing.writableFinished && incoming.method !== 'HEAD' ? Buffer.byteLength(body) : 0;

export function watchClient(incoming: IncomingMessage, outgoing: ServerResponse, head: Head): Client {
  let closed = false;
  let callback: (() => void) | undefined;
  if (head.length !== null || head.coding !== null) lingerAfter(incoming, outgoing);
  const expects = waitsForContinue(incoming, head);
  // An answer without a 100 ends its connection, and that needs a body: without one, botocore takes the status of the
  // next answer from this one (semantics.md §5).
  if (expects && !bringsBody(head)) outgoing.writeContinue();
  // A client may leave while the rules are still loading, before anybody asks.
  outgoing.on('close', () => {
    closed = true;
    callback?.();
  });
  return {
    incoming,
    outgoing,
    head,
    expectsContinue: expects,
    closed: () => closed,
    onClose: (call) => {
      callback = call;
      if (closed) call();
    },
  };
}
