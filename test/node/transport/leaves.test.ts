import { createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { begin, call, element } from '../../helpers/client.ts';
import { listen } from '../../helpers/listen.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { TRANSPORT } from '../../helpers/transport.ts';
import { until } from '../../helpers/until.ts';

/** More than a test takes. */
const NEVER = 60_000;
const TIMEOUTS = { connect: NEVER, head: NEVER, idle: NEVER };

let edge: NodeEdge;
let close: () => Promise<void>;
afterEach(async () => {
  await edge.close();
  await close();
});

/** An edge with one place, and its bucket, which accepts connections and never completes a TLS handshake. */
async function openMute(): Promise<Set<Socket>> {
  const sockets = new Set<Socket>();
  const mute = createServer((socket) => {
    sockets.add(socket);
    // `end` comes only to a socket that reads.
    socket
      .on('error', () => {})
      .once('close', () => sockets.delete(socket))
      .resume();
  });
  const url = `https://127.0.0.1:${await listen(mute)}`;
  close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  };
  edge = await openOnNode(
    { buckets: [{ name: 'bucket', url }], timeouts: TIMEOUTS },
    { connections: 1, queue: 0, wait: 100 },
  );
  return sockets;
}

// undici cannot end an attempt (pools.test.ts).
test.runIf(TRANSPORT === 'own').each([
  ['GET', undefined],
  ['PUT', 'a body'],
])(
  'a client that leaves while the connection for its %s is made ends the attempt, and frees its place at once',
  async (method, body) => {
    const sockets = await openMute();
    for (let turn = 1; turn <= 5; turn += 1) {
      const sent = begin(edge.url, { method }).on('error', () => {});
      sent.end(body);
      await until('the attempt begins', () => sockets.size === 1);
      const refused = await call(edge.url);
      expect([refused.status, element(refused, 'Code')]).toEqual([503, 'BucketBusy']);
      sent.destroy();
      await until('the attempt ends', () => sockets.size === 0);
      expect(edge.events.filter(({ code }) => code === 'ClientGone')).toHaveLength(turn);
    }
  },
);
