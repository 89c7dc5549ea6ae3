import type { IncomingMessage, ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Exchange } from '../bucket/transport.ts';
import { sentOf, watchClient, writeReply } from './client.ts';
import { clientKey, forwardedKey } from './client-key.ts';
import type { Head } from './head.ts';
import type { Pools } from './pools.ts';
import { send } from './send.ts';

/** Wraps one request of Node's server into the seam that the edge works on. */
export function openExchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  head: Head,
  pools: Pools,
): Exchange {
  const client = watchClient(incoming, outgoing, head);
  return {
    method: incoming.method ?? '',
    target: incoming.url ?? '/',
    headers: incoming.rawHeaders,
    body: incoming,
    peer: {
      address: incoming.socket.remoteAddress ?? null,
      secure: 'encrypted' in incoming.socket,
    },
    reply: (reply, end) => {
      writeReply(client, reply, (failure) => end({ received: 0, sent: sentOf(client, reply), failure }));
      return RESPONSE_ALREADY_SENT;
    },
    // A Node process outlives its requests. What fails in the background tells so itself.
    background: (work) => void work.catch(() => {}),
    transport: (to, request, sink) => {
      const key = to.trustForwarded
        ? forwardedKey(incoming.rawHeaders)
        : clientKey(incoming.socket.remoteAddress);
      send(pools(to), request, client, sink, key);
      return RESPONSE_ALREADY_SENT;
    },
  };
}
