import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type {
  BucketRequest,
  Destination,
  Exchange,
  FlatHeaders,
  Reply,
  Sink,
} from '../../bucket/transport.ts';
import type { Edge } from '../../edge/app.ts';
import { clientKey, forwardedKey } from '../server/client-key.ts';
import { type Head, readHead } from '../server/head.ts';
import type { Handler } from '../server/http-server.ts';
import { inTurn, turnedAway } from '../server/linger.ts';
import { breakOff, type Client, sentOf, watchClient, writeReply } from './client.ts';
import type { Pools } from './pools.ts';
import { readBody } from './read-body.ts';
import { send } from './send.ts';

/**
 * The exchange writes the response itself, so all requests share this one. It is no object of the Fetch API, whose first
 * one loads Node's undici (`built-in.ts`).
 */
const ALREADY_SENT = Object.freeze({ status: 200 }) as Response;

/** A request listener for the edge. `edge` returns the one to use: it changes with the configured buckets. */
export function edgeListener(edge: () => Edge, pools: Pools) {
  const serve: Handler = (incoming, outgoing) => {
    const head = readHead(incoming);
    if (turnedAway(incoming, outgoing, head)) return;
    const exchange = openExchange(incoming, outgoing, head, pools);
    // The edge answers its own errors. If even that fails, end the connection.
    const end = (): void => breakOff({ incoming, outgoing });
    try {
      const served = edge().serve(exchange);
      if (served instanceof Promise) served.catch(end);
    } catch {
      end();
    }
  };
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (outgoing.socket === null) inTurn(incoming, outgoing, serve);
    else serve(incoming, outgoing);
  };
}

/** Wraps one request of Node's server for the edge. */
export const openExchange = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  head: Head,
  pools: Pools,
): Exchange => new NodeExchange(watchClient(incoming, outgoing, head), pools);

/** A class: one for each request, without a closure for each function (docs/decisions/0018-own-transport.md). */
class NodeExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly headers: FlatHeaders;
  readonly head: Head;
  readonly body: IncomingMessage;
  readonly peer: Exchange['peer'];
  readonly #client: Client;
  readonly #pools: Pools;
  #received = 0;

  constructor(client: Client, pools: Pools) {
    const { incoming } = client;
    this.method = incoming.method ?? '';
    this.target = incoming.url ?? '/';
    this.headers = incoming.rawHeaders;
    this.head = client.head;
    this.body = incoming;
    this.peer = peerOf(incoming.socket);
    this.#client = client;
    this.#pools = pools;
  }

  protocol(): string {
    return `HTTP/${this.body.httpVersion.replace('2.0', '2')}`;
  }

  reply(reply: Reply, end: Sink['end']): Response {
    const client = this.#client;
    client.onClose(() => {
      const failure = client.outgoing.writableFinished ? null : 'ClientGone';
      end({ received: this.#received, sent: sentOf(client, reply), failure });
    });
    writeReply(client, reply);
    return ALREADY_SENT;
  }

  async read(limit: number): ReturnType<Exchange['read']> {
    const body = await readBody(this.#client, limit);
    if (typeof body !== 'string') this.#received = body.length;
    return body;
  }

  /** A Node process outlives its requests, so nothing awaits this work. It reports its own failures. */
  background(work: Promise<unknown>): void {
    work.catch(() => {});
  }

  transport(to: Destination, request: BucketRequest, sink: Sink): Response {
    const key = to.trustForwarded ? forwardedKey(this.body.rawHeaders) : clientKey(this.peer.address);
    send(this.#pools(to), request, this.#client, sink, key);
    return ALREADY_SENT;
  }
}

/** By connection, which asks the system once for the address of its other end. */
const peers = new WeakMap<object, Exchange['peer']>();

function peerOf(socket: Socket): Exchange['peer'] {
  let peer = peers.get(socket);
  if (peer === undefined) {
    peer = { address: socket.remoteAddress ?? null, secure: 'encrypted' in socket };
    peers.set(socket, peer);
  }
  return peer;
}
