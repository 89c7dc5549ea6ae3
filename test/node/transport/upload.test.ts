import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { call, dial, element } from '../../helpers/client.ts';
import { answerOn, beginH2, h2 } from '../../helpers/h2.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import { OK, openRaw, type RawBucket } from '../server/_raw.ts';

const MUCH = 24 * 1024 * 1024;
const opened: { bucket?: RawBucket; edge?: NodeEdge } = {};
afterEach(async () => {
  await opened.edge?.close();
  await opened.bucket?.close();
  expect(opened.edge?.errors).toEqual([]);
});

async function open(act: Parameters<typeof openRaw>[0], upload: number, secure = false, head = 300) {
  const bucket = await openRaw(act);
  const timeouts = { connect: 2_000, head, idle: 300, upload };
  const options = { buckets: [{ name: 'bucket', url: bucket.url }], timeouts };
  const edge = await openOnNode(options, undefined, secure ? { certificate: certificate() } : undefined);
  Object.assign(opened, { bucket, edge });
  return { bucket, edge };
}

/** Reads the head and stops reading. */
const stuck = (socket: Socket, text: string): void => {
  if (text.startsWith('PUT')) socket.pause();
};

describe('a bucket that reads an upload', () => {
  test('for longer than the head timeout is not cut off', async () => {
    let taken = 0;
    // A busy machine needs some of it for the bytes that wait in the sockets when the edge has sent all.
    const headTimeout = 1_000;
    const act = (socket: Socket, text: string): void => {
      const head = text.startsWith('PUT') ? text.indexOf('\r\n\r\n') + 4 : 0;
      taken += text.length - head;
      if (taken === MUCH) socket.write(OK);
      // Pauses once.
      if (head === 0) return;
      socket.pause();
      setTimeout(() => socket.resume(), 2.5 * headTimeout);
    };
    const { edge } = await open(act, 20_000, false, headTimeout);
    expect((await call(edge.url, { method: 'PUT', body: Buffer.alloc(MUCH) })).status).toBe(200);
  });

  test('and stops reading causes 504 BucketUploadTimeout', async () => {
    const { edge, bucket } = await open(stuck, 400);
    const answered = await call(edge.url, { method: 'PUT', body: Buffer.alloc(MUCH) });
    expect([answered.status, element(answered, 'Code')]).toEqual([504, 'BucketUploadTimeout']);
    for (const socket of bucket.open) socket.resume();
    await until('the bucket’s connection has closed', () => bucket.open.size === 0);
  });

  test('and does not answer causes 504 BucketHeadTimeout', async () => {
    const { edge } = await open(() => {}, 10_000);
    const answered = await call(edge.url, { method: 'PUT', body: 'body' });
    expect([answered.status, element(answered, 'Code')]).toEqual([504, 'BucketHeadTimeout']);
  });
});

describe('a client that stops within its upload', () => {
  test('gets 408 ClientTimeout over HTTP/1.1', async () => {
    const { edge, bucket } = await open(() => {}, 10_000);
    const client = dial(edge.url);
    let text = '';
    client.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    client.write('PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nbegun');
    await until('the error arrives', () => text.includes('<Code>ClientTimeout</Code>'));
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toMatch(/^Connection: close\r$/m);
    await until('the bucket’s connection has closed', () => bucket.open.size === 0);
    expect(edge.events.at(-1)).toMatchObject({ code: 'ClientTimeout', status: 408 });
    client.destroy();
  });

  test('gets 408 over HTTP/2', async () => {
    const { edge, bucket } = await open(() => {}, 10_000, true);
    const session = await h2(edge.url);
    const stream = beginH2(session, { ':method': 'PUT', ':path': '/key' });
    const answer = answerOn(stream);
    stream.write('begun');
    expect((await answer).status).toBe(408);
    await until('the bucket’s connection has closed', () => bucket.open.size === 0);
    session.destroy();
  });
});

/** Milliseconds from the client's leaving to the end of the bucket's connection. */
async function timeUntilClosed(bucket: RawBucket, leave: () => void): Promise<number> {
  const [socket] = bucket.open;
  if (socket === undefined) throw new Error('the bucket was not asked');
  // A paused socket reports no close; `resume` below.
  const gone = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now())));
  const before = performance.now();
  leave();
  socket.resume();
  return (await gone) - before;
}

/** Milliseconds; the limit is 100, and a busy machine may be late. */
const SOON = 500;

describe.each([
  ['HTTP/1.1', false, false],
  ['HTTP/2', true, false],
  ['HTTP/2 by cancelling its stream', true, true],
] as const)('a client that leaves over %s', (_, secure, byReset) => {
  const BEGUN = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun';
  const silent = (): void => {};
  const begin = (socket: Socket): void => void socket.write(BEGUN);
  /** Begins a request; returns functions that send more of its body, and that leave. */
  async function ask(edge: NodeEdge, method: string, length: number) {
    if (secure) {
      const session = await h2(edge.url);
      const head = { ':method': method, ':path': '/key', ...(length > 0 && { 'content-length': length }) };
      const giveUp = new AbortController();
      const stream = session.request(head, { endStream: false, signal: giveUp.signal });
      stream.on('error', () => {}).resume();
      if (length === 0) stream.end();
      return {
        write: (piece: Buffer) => void stream.write(piece),
        leave: () => (byReset ? giveUp.abort() : session.destroy()),
      };
    }
    const client = dial(edge.url).resume();
    client.write(`${method} /key HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\n`);
    return { write: (piece: Buffer) => void client.write(piece), leave: () => client.destroy() };
  }

  test.each([
    ['before the response', 'GET', silent],
    ['within the response', 'GET', begin],
    ['within its upload', 'PUT', silent],
  ])('%s: the bucket’s connection closes at once', async (_name, method, act) => {
    const { edge, bucket } = await open(act, 10_000, secure);
    const client = await ask(edge, method, method === 'PUT' ? 10 : 0);
    if (method === 'PUT') client.write(Buffer.from('begun'));
    await until('the bucket is asked', () => bucket.asked.length === 1);
    expect(await timeUntilClosed(bucket, client.leave)).toBeLessThan(SOON);
    await until('the end is observed', () => edge.events.at(-1)?.code === 'ClientGone');
  });

  test('while its upload waits for the bucket: the bucket’s connection closes at once', async () => {
    const { edge, bucket } = await open(stuck, 10_000, secure);
    let came = (): number => 0;
    edge.listening.server.once('connection', (socket: Socket) => {
      came = () => socket.bytesRead;
    });
    const client = await ask(edge, 'PUT', MUCH);
    const piece = Buffer.alloc(64 * 1024);
    // Bytes that are not read within 30 ms wait for the bucket; the edge then reads ahead only every 50 ms.
    for (let sent = 0, late = false; !late && sent < MUCH; ) {
      sent += piece.length;
      client.write(piece);
      const end = performance.now() + 30;
      while (came() < sent && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 1));
      late = came() < sent;
    }
    await until('the bucket is asked', () => bucket.asked.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const before = performance.now();
    client.leave();
    await until('the end is observed', () => edge.events.at(-1)?.code === 'ClientGone');
    expect(performance.now() - before).toBeLessThan(SOON);
    for (const socket of bucket.open) socket.resume();
    await until('the bucket’s connection has closed', () => bucket.open.size === 0);
  });
});
