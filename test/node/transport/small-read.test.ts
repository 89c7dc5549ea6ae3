import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createPools } from '../../../src/node/transport/pools.ts';
import { readByPools } from '../../../src/node/transport/small-read.ts';
import { ENCODINGS } from '../../helpers/encodings.ts';
import { TRANSPORT } from '../../helpers/transport.ts';
import { OK, openRaw, type RawBucket } from '../server/_raw.ts';

let bucket: RawBucket;
let close: () => Promise<void>;
afterEach(async () => {
  await bucket.close();
  await close();
});

/** Reads rules from a bucket that ends the connection, by `end`, under each request at these positions. */
async function open(end: (socket: Socket) => void, ...ended: readonly number[]) {
  bucket = await openRaw((socket, _text, times) => {
    if (ended.includes(times)) end(socket);
    else socket.write(OK);
  });
  const pools = createPools({ transport: TRANSPORT });
  close = () => pools.close();
  const read = readByPools(pools.pools);
  return async () => {
    const limits = { maxBytes: 100, signal: AbortSignal.timeout(4_000) };
    const answer = await read(`${bucket.url}/?cors`, [], limits);
    // Until undici has the connection back, it makes another one for the next request.
    await new Promise((resolve) => setImmediate(resolve));
    return answer;
  };
}

describe.each<[string, (socket: Socket) => void]>([
  ['closes', (socket) => socket.destroy()],
  ['resets', (socket) => socket.resetAndDestroy()],
])('a rules read whose bucket %s the connection', (_, end) => {
  test('under a request that reuses it is sent again', async () => {
    const read = await open(end, 1);
    await read();
    expect((await read()).text).toBe('ok');
    expect(bucket.asked).toHaveLength(3);
  });

  test('under the second attempt too is not sent a third time', async () => {
    const read = await open(end, 1, 2);
    await read();
    await expect(read()).rejects.toThrow();
    expect(bucket.asked).toHaveLength(3);
  });
});

test('a rules read whose bucket closes a new connection is sent once more', async () => {
  const read = await open((socket) => socket.destroy(), 0);
  expect((await read()).text).toBe('ok');
  expect(bucket.asked).toHaveLength(2);
});

test('a rules read whose bucket resets a new connection is not sent again', async () => {
  const read = await open((socket) => socket.resetAndDestroy(), 0);
  await expect(read()).rejects.toThrow();
  expect(bucket.asked).toHaveLength(1);
});

test('a rules read whose connection closes within the response’s head is not sent again', async () => {
  const read = await open((socket) => socket.end('HTTP/1.1 200 OK\r\nX-'), 1);
  await read();
  await expect(read()).rejects.toThrow();
  expect(bucket.asked).toHaveLength(2);
});

test.each(ENCODINGS)('a rules read of a text in %s gives the text', async (_, encode) => {
  const body = encode('<é/>');
  bucket = await openRaw((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body);
  });
  const pools = createPools({ transport: TRANSPORT });
  close = () => pools.close();
  const limits = { maxBytes: 100, signal: AbortSignal.timeout(4_000) };
  expect((await readByPools(pools.pools)(`${bucket.url}/?cors`, [], limits)).text).toBe('<é/>');
});
