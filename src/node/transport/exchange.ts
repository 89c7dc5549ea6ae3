import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Hono } from 'hono/tiny';
import type { Exchange } from '../../bucket/transport.ts';
import type { EdgeEnv } from '../../edge/app.ts';
import { clientKey, forwardedKey } from '../server/client-key.ts';
import { type Head, readHead } from '../server/head.ts';
import type { Handler } from '../server/http-server.ts';
import { inTurn, turnedAway } from '../server/linger.ts';
import { breakOff, sentOf, watchClient, writeReply } from './client.ts';
import type { Pools } from './pools.ts';
import { readBody } from './read-body.ts';
import { send } from './send.ts';

/**
 * Hono takes a Request and returns a Response, but the edge reads the exchange, which also writes the response: all
 * requests share these two. They are no objects of the Fetch API, whose first one loads Node's undici (`built-in.ts`).
 */
const FORMAL = Object.freeze({ method: 'GET', url: 'http://edge/' }) as Request;
const ALREADY_SENT = Object.freeze({ status: 200 }) as Response;

/** A request listener for the edge. `app` returns the app to use: it changes with the configured buckets. */
export function edgeListener(app: () => Hono<EdgeEnv>, pools: Pools) {
  const serve: Handler = (incoming, outgoing) => {
    const head = readHead(incoming);
    if (turnedAway(incoming, outgoing, head)) return;
    const exchange = openExchange(incoming, outgoing, head, pools);
    const served = app().fetch(FORMAL, { exchange });
    // The app answers its own errors. If even that fails, end the connection.
    if (served instanceof Promise) served.catch(() => breakOff({ incoming, outgoing }));
  };
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (outgoing.socket === null) inTurn(incoming, outgoing, serve);
    else serve(incoming, outgoing);
  };
}

/** Wraps one request of Node's server for the edge. */
export function openExchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  head: Head,
  pools: Pools,
): Exchange {
  const client = watchClient(incoming, outgoing, head);
  let received = 0;
  return {
    method: incoming.method ?? '',
    target: incoming.url ?? '/',
    headers: incoming.rawHeaders,
    head,
    body: incoming,
    peer: {
      address: incoming.socket.remoteAddress ?? null,
      secure: 'encrypted' in incoming.socket,
    },
    protocol: () => `HTTP/${incoming.httpVersion.replace('2.0', '2')}`,
    reply: (reply, end) => {
      client.onClose(() => {
        const failure = outgoing.writableFinished ? null : 'ClientGone';
        end({ received, sent: sentOf(client, reply), failure });
      });
      writeReply(client, reply);
      return ALREADY_SENT;
    },
    read: async (limit) => {
      const body = await readBody(client, limit);
      if (typeof body !== 'string') received = body.length;
      return body;
    },
    // A Node process outlives its requests, so nothing awaits this work. It reports its own failures.
    background: (work) => void work.catch(() => {}),
    transport: (to, request, sink) => {
      const key = to.trustForwarded
        ? forwardedKey(incoming.rawHeaders)
        : clientKey(incoming.socket.remoteAddress);
      send(pools(to), request, client, sink, key);
      return ALREADY_SENT;
    },
  };
}
