import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { createServer as createSecureServer } from 'node:https';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { setTimeout as pauseFor } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { begin } from '../../helpers/client.ts';
import { h2 } from '../../helpers/h2.ts';
import { listen } from '../../helpers/listen.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { CA, certificate, FILES } from '../../helpers/tls.ts';

/** Few, so that each carries many responses while clients still read earlier ones. */
const CONNECTIONS = 6;
const GATE = { connections: CONNECTIONS, queue: 512, wait: 60_000 };
const CLIENTS = 48;
/** The last is more than the system buffers for a client that does not read. */
const SIZES = [900, 60_000, 65_536, 200_000, 12_000_000];
const PACES = ['fast', 'slow', 'leaves'] as const;
const FRAMINGS = ['length', 'chunks', 'close'] as const;

/** Bytes of which each four name their response and their place in it. */
function bodyOf(seed: number, size: number): Buffer {
  const body = Buffer.alloc(Math.ceil(size / 4) * 4);
  for (let at = 0; at < body.length; at += 4) body.writeUInt32LE((seed << 20) | (at >> 2), at);
  return body.subarray(0, size);
}

/** `/SEED/SIZE/FRAMING`, sent in pieces of odd sizes. */
async function answer({ url = '' }: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  if (url === '/?cors') return void outgoing.writeHead(404).end();
  const [, seed, size, framing] = url.split('/');
  const body = bodyOf(Number(seed), Number(size));
  outgoing.writeHead(200, {
    ...(framing === 'length' && { 'Content-Length': body.length }),
    ...(framing === 'close' && { Connection: 'close' }),
  });
  outgoing.on('error', () => {});
  for (let at = 0, step = 7_001; at < body.length; at += step, step = (step * 3) % 200_003) {
    if (!outgoing.write(body.subarray(at, at + step))) await new Promise((go) => outgoing.once('drain', go));
    if (outgoing.destroyed) return;
  }
  outgoing.end();
}

/** Reads a response as fast as it comes, slowly, or half of it. Returns where it is wrong, or null. */
async function readAt(
  stream: Readable,
  pace: (typeof PACES)[number],
  expected: Buffer,
): Promise<string | null> {
  let at = 0;
  if (pace === 'slow') await pauseFor(300);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const right = expected.subarray(at, at + chunk.length);
    if (!right.equals(chunk)) return `other bytes between ${at} and ${at + chunk.length}`;
    at += chunk.length;
    if (pace === 'leaves' && at > expected.length / 2) return null;
    if (pace === 'slow') await pauseFor(1);
  }
  return at === expected.length ? null : `${at} bytes of ${expected.length}`;
}

const before = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...before, CA]));
afterAll(() => setDefaultCACertificates(before));

const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void answer(incoming, outgoing);
const BUCKETS = {
  http: () => createServer(listener),
  https: () => createSecureServer({ cert: readFileSync(FILES.cert), key: readFileSync(FILES.key) }, listener),
};

describe.each(['http', 'https'] as const)('from a bucket over %s', (scheme) => {
  const server = BUCKETS[scheme]();
  let edge: NodeEdge;
  let secureEdge: NodeEdge;
  let session: ClientHttp2Session;
  beforeAll(async () => {
    const url = `${scheme}://localhost:${await listen(server)}`;
    edge = await openOnNode({ buckets: [{ name: 'b', url }] }, GATE);
    secureEdge = await openOnNode({ buckets: [{ name: 'b', url }] }, GATE, { certificate: certificate() });
    session = await h2(secureEdge.url);
  });
  afterAll(async () => {
    session.destroy();
    await edge.close();
    await secureEdge.close();
    server.close();
  });

  /** Opens a response over a protocol. */
  const opened = {
    'HTTP/1.1': (target: string) => overHttp1(edge.url, target),
    'HTTP/1.1 over TLS': (target: string) => overHttp1(secureEdge.url, target),
    // A loop over a stream of Node's client fails if the stream has closed before, also with its bytes: read at once.
    'HTTP/2': async (target: string) => {
      const read = new PassThrough();
      pipeline(session.request({ ':path': target }), read, () => {});
      return read;
    },
  };
  const overHttp1 = (url: string, target: string): Promise<Readable> =>
    new Promise((resolve, reject) =>
      begin(url, { target }).on('response', resolve).on('error', reject).end(),
    );

  test.each(Object.keys(opened) as (keyof typeof opened)[])(
    'every client over %s gets the bytes of its own response, in their order',
    async (protocol) => {
      const wrong = await Promise.all(
        Array.from({ length: CLIENTS }, async (_, seed) => {
          const size = SIZES[seed % SIZES.length] ?? 0;
          const framing = FRAMINGS[seed % FRAMINGS.length];
          const pace = PACES[(seed >> 1) % PACES.length] ?? 'fast';
          const target = `/${seed}/${size}/${framing}`;
          const said = await readAt(await opened[protocol](target), pace, bodyOf(seed, size));
          return said === null ? [] : [`${target}, ${pace}: ${said}`];
        }),
      );
      expect(wrong.flat()).toEqual([]);
    },
    60_000,
  );
});
