import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createPools } from '../../../src/node/transport/pools.ts';
import { readByPools } from '../../../src/node/transport/small-read.ts';
import { call } from '../../helpers/client.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { TRANSPORT } from '../../helpers/transport.ts';
import { OK, openRaw, type RawBucket } from '../server/_raw.ts';

const IDLE = 6;

const opened: { edge?: NodeEdge; raw?: RawBucket } = {};
afterEach(async () => {
  await opened.edge?.close();
  await opened.raw?.close();
  delete opened.edge;
});

/** A bucket that answers once on each connection, `together` at a time, and closes it when it is used again. */
async function openClosing(together: number): Promise<RawBucket> {
  const waiting = new Set<Socket>();
  const used = new WeakSet<Socket>();
  let answered = 0;
  opened.raw = await openRaw((socket) => {
    if (used.has(socket)) {
      socket.destroy();
      return;
    }
    used.add(socket);
    waiting.add(socket);
    if (answered + waiting.size < together) return;
    for (const one of waiting) one.write(OK);
    answered += waiting.size;
    waiting.clear();
  });
  return opened.raw;
}

test.skipIf(TRANSPORT === 'undici')(
  `a GET is served when its bucket has closed ${IDLE} idle connections at the same moment`,
  async () => {
    const { url } = await openClosing(IDLE);
    const edge = await openOnNode({ buckets: [{ name: 'bucket', url }] });
    opened.edge = edge;
    const first = Array.from({ length: IDLE }, (_, at) => call(edge.url, { target: `/${at}` }));
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual(Array(IDLE).fill(200));
    for (let at = 0; at < IDLE / 2; at += 1)
      expect((await call(edge.url, { target: '/again' })).status).toBe(200);
  },
);

test.skipIf(TRANSPORT === 'undici')('so are rules', async () => {
  const { url } = await openClosing(2);
  const { pools, close } = createPools();
  const read = () => readByPools(pools)(url, [], { maxBytes: 10, signal: AbortSignal.timeout(5_000) });
  expect((await Promise.all([read(), read()])).map(({ text }) => text)).toEqual(['ok', 'ok']);
  expect((await read()).text).toBe('ok');
  await close();
});
