import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { type Listening, listen } from '../../../src/node/server/listen.ts';
import { dial, rawly } from '../../helpers/client.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import {
  type Asking,
  ask,
  BEGINNING,
  type Bucket,
  FRAMINGS,
  isRefused,
  openBucket,
  SIZE,
} from './_endings.ts';

const LONG = 60_000;
/** Milliseconds for a head that never becomes complete; longer than the test needs before that. */
const HEADERS = 600;

let bucket: Bucket;
let edge: NodeEdge | undefined;
let server: Listening | undefined;
let asking: Asking | undefined;
afterEach(async () => {
  asking?.leave();
  await edge?.close();
  await server?.close(0);
  await bucket?.close();
  edge = server = asking = undefined;
});

async function open(secure: boolean): Promise<NodeEdge> {
  bucket = await openBucket('stands still');
  edge = await openOnNode({ buckets: [{ name: 'bucket', url: bucket.url }] }, undefined, {
    timeouts: { headers: HEADERS, idle: LONG, keepAlive: LONG },
    ...(secure && { certificate: certificate() }),
  });
  return edge;
}

const CASES = (['TCP', 'TLS'] as const)
  .flatMap((carrier) =>
    (['1.0', '1.1'] as const).flatMap((version) =>
      FRAMINGS.map((framing) => [carrier, version, framing] as const),
    ),
  )
  .filter((way) => !isRefused(way));

describe.each(CASES)('over %s, by HTTP/%s, a response framed by %s', (carrier, version, framing) => {
  test.each<readonly [string, (asked: Asking) => void]>([
    ['whose client closes its own side', ({ halfClose }) => halfClose()],
    ['whose client sends an invalid request', ({ write }) => write('\0\0\0\r\n\r\n')],
    ['whose client begins another request and does not complete it', ({ write }) => write('GET /next HT')],
  ])('%s before its end does not look complete', async (_name, act) => {
    const { url } = await open(carrier === 'TLS');
    asking = await ask({ url }, version, framing, true, 'Connection: keep-alive');
    const { seen, ended } = asking;
    await until('the response has begun', () => seen.bytes >= BEGINNING / 2);
    act(asking);
    expect(await ended).toMatchObject({ status: 200, looksWhole: false });
  });
});

test('a response that is already written reaches a client of HTTP/1.0 that has closed its sending side', async () => {
  const body = Buffer.alloc(16 * 1024 * 1024, 'x');
  let written = false;
  server = await listen(
    (_incoming, outgoing) => {
      outgoing.writeHead(200).end(body);
      written = true;
    },
    { host: '127.0.0.1', port: 0 },
  );
  const socket = dial(server.url);
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET / HTTP/1.0\r\n\r\n');
  await until('the response is written', () => written);
  socket.end();
  // Long enough for the server to notice that the client has closed its side.
  await new Promise((resolve) => setTimeout(resolve, 200));
  let bytes = 0;
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(socket.resume(), 'close');
  expect([failure, bytes > body.length]).toEqual([undefined, true]);
});

test('a client of HTTP/1.0 gets no chunks, although its TE header accepts them', async () => {
  const { url } = await open(false);
  const answer = rawly(url, 'GET /chunked HTTP/1.0\r\nHost: h\r\nTE: chunked\r\nConnection: TE\r\n\r\n');
  await until('the bucket is asked', () => bucket.asked.includes('GET /chunked'));
  bucket.finish();
  const [head = '', body = ''] = (await answer).split('\r\n\r\n');
  expect(head).not.toMatch(/^transfer-encoding/im);
  expect(body.length).toBe(SIZE);
});
