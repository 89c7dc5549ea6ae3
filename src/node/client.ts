import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Failure, Outcome, Reply } from '../bucket/transport.ts';

/** The client's side of one request on Node. */
export interface Client {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** True once the response is complete or the connection is gone. */
  closed(): boolean;
  /** Calls back when that happens; at once when it has. At most one callback. */
  onClose(callback: () => void): void;
}

/** Writes an answer of the edge's own; calls back when it has ended. */
export function writeReply(client: Client, reply: Reply, end: (failure: Failure | null) => void): void {
  const { outgoing } = client;
  client.onClose(() => end(outgoing.writableFinished ? null : 'ClientGone'));
  if (client.closed()) return;
  outgoing.writeHead(reply.status, [...reply.headers]);
  outgoing.end(reply.body);
}

/** Body bytes of a reply that reached the client's socket. */
export const sentOf = ({ incoming, outgoing }: Client, { body }: Reply): Outcome['sent'] =>
  outgoing.writableFinished && incoming.method !== 'HEAD' ? Buffer.byteLength(body) : 0;

export function watchClient(incoming: IncomingMessage, outgoing: ServerResponse): Client {
  let closed = false;
  let callback: (() => void) | undefined;
  // A client may leave while the rules are still loading, before anybody asks.
  outgoing.once('close', () => {
    closed = true;
    callback?.();
  });
  return {
    incoming,
    outgoing,
    closed: () => closed,
    onClose: (call) => {
      callback = call;
      if (closed) call();
    },
  };
}
