import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { call } from '../../helpers/client.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { TRANSPORT } from '../../helpers/transport.ts';
import { OK, openRaw, type RawBucket } from '../server/_raw.ts';

const REQUESTS = 20;
const ONE_AT_A_TIME = { connections: 1, queue: 100, wait: 20_000, share: 100, leastRate: 1 };

const opened: { edge?: NodeEdge; raw?: RawBucket } = {};
afterEach(async () => {
  await opened.edge?.close();
  await opened.raw?.close();
});

const ENDINGS: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['closes its connection right behind each response', (socket) => void socket.end()],
  ['sends a byte right behind each response', (socket) => void setImmediate(() => socket.write('x'))],
];

test
  .skipIf(TRANSPORT === 'undici')
  .each(
    ENDINGS.flatMap(([name, end]) =>
      ['GET', 'DELETE', 'PUT', 'POST'].map((method) => [method, name, end] as const),
    ),
  )('no %s that waits for its turn is lost at a bucket that %s, or sent twice', async (method, _, end) => {
  const raw = await openRaw((socket, text) => {
    // The head and the body come together, or one after the other.
    if ((method === 'PUT' || method === 'POST') && !text.endsWith('body')) return;
    socket.write(OK);
    end(socket);
  });
  opened.raw = raw;
  const edge = await openOnNode({ buckets: [{ name: 'bucket', url: raw.url }] }, ONE_AT_A_TIME);
  opened.edge = edge;
  const body = method === 'PUT' || method === 'POST' ? { body: 'body' } : {};
  const asked = Array.from({ length: REQUESTS }, (_item, at) =>
    call(edge.url, { method, target: `/${at}`, ...body }),
  );
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(REQUESTS).fill(200));
  if (method !== 'GET') expect(new Set(raw.asked).size).toBe(raw.asked.length);
});
