import { createServer, type LookupFunction, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createPools } from '../../../src/node/transport/pools.ts';
import { readByPools } from '../../../src/node/transport/small-read.ts';
import { begin, call, element } from '../../helpers/client.ts';
import { listen } from '../../helpers/listen.ts';
import { openOnNode } from '../../helpers/node-edge.ts';
import { TRANSPORT } from '../../helpers/transport.ts';
import { until } from '../../helpers/until.ts';

/** More than a test takes. */
const NEVER = 60_000;
const TIMEOUTS = { connect: NEVER, head: NEVER, idle: NEVER };
const ONE_PLACE = { connections: 1, queue: 0, wait: 100 };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A bucket that accepts connections and never completes a TLS handshake. */
async function openMute() {
  const sockets = new Set<Socket>();
  const mute = createServer((socket) => {
    sockets.add(socket);
    // A socket that does not read never sees the end of its connection.
    socket
      .on('error', () => {})
      .once('close', () => sockets.delete(socket))
      .resume();
  });
  const port = await listen(mute);
  ends.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });
  return { url: `https://127.0.0.1:${port}`, sockets };
}

/** An edge that sends one request at a time to its bucket. */
async function openEdge(url: string, lookup?: LookupFunction) {
  const edge = await openOnNode(
    { buckets: [{ name: 'bucket', url }], timeouts: TIMEOUTS, ...(lookup && { connections: { lookup } }) },
    ONE_PLACE,
  );
  ends.push(edge.close);
  return edge;
}

// undici cannot end an attempt (pools.test.ts).
describe.runIf(TRANSPORT === 'own')('while the connection to a bucket is made', () => {
  const REQUESTS = [
    ['GET', undefined],
    ['PUT', 'a body'],
  ] as const;

  test.each(REQUESTS)(
    'the client of a %s leaves: the attempt ends, and its place is free at once',
    async (method, body) => {
      const { url, sockets } = await openMute();
      const edge = await openEdge(url);
      for (let turn = 1; turn <= 5; turn += 1) {
        const sent = begin(edge.url, { method }).on('error', () => {});
        sent.end(body);
        await until('the attempt begins', () => sockets.size === 1);
        const refused = await call(edge.url);
        expect([refused.status, element(refused, 'Code')]).toEqual([503, 'BucketBusy']);
        sent.destroy();
        await until('the attempt ends', () => sockets.size === 0);
        const gone = () => edge.events.filter(({ code }) => code === 'ClientGone').length;
        await until('the end is observed', () => gone() === turn);
      }
    },
  );

  test('the client leaves before DNS has answered: its place is free at once', async () => {
    const answers: (() => void)[] = [];
    const edge = await openEdge('http://bucket.test', (_name, _options, found) => {
      answers.push(() => found(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []));
    });
    for (let turn = 1; turn <= 5; turn += 1) {
      const sent = begin(edge.url, {}).on('error', () => {});
      sent.end();
      await until('the name is looked up', () => answers.length === turn);
      expect((await call(edge.url)).status).toBe(503);
      sent.destroy();
      const gone = () => edge.events.filter(({ code }) => code === 'ClientGone').length;
      await until('the end is observed', () => gone() === turn);
    }
    // Answers that come too late change nothing.
    for (const answer of answers) answer();
  });

  test('the time for a read of rules ends: the attempt ends with it', async () => {
    const { url, sockets } = await openMute();
    const { pools, close } = createPools({ transport: TRANSPORT });
    ends.push(close);
    const late = new AbortController();
    const limits = { maxBytes: 100, signal: late.signal };
    const read = readByPools(pools)(`${url}/?cors`, [], limits).catch((error) => error);
    await until('the attempt begins', () => sockets.size === 1);
    const reason = new Error('too late');
    late.abort(reason);
    expect(await read).toBe(reason);
    await until('the attempt ends', () => sockets.size === 0);
  });
});
