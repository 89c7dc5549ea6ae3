import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { LINGER_BYTES } from '../../../src/node/server/linger.ts';
import { dial, rawly } from '../../helpers/client.ts';
import { HOST, lines, OBJECT, SMUGGLED, statuses, useFramed } from './_framing.ts';

/** Longer than all buffers between the two ends of a connection, and made of requests. */
const BODY = Buffer.from(SMUGGLED.repeat(Math.ceil((8 * 1024 * 1024) / SMUGGLED.length)));
const CHUNKED_BODY = Buffer.concat([
  Buffer.from(`${BODY.length.toString(16)}\r\n`),
  BODY,
  Buffer.from('\r\n0\r\n\r\n'),
]);
const NEXT = lines('GET /next HTTP/1.1', `Host: ${HOST}`, 'Connection: close');

interface Refused {
  readonly name: string;
  readonly status: number;
  readonly says: string;
  readonly method?: string;
  readonly target?: string;
  readonly host?: string;
  readonly header?: string;
  /** The bucket's response before it has read the body. */
  readonly early?: number;
}

const REFUSED: readonly Refused[] = [
  {
    name: 'a method that is not served',
    method: 'PATCH',
    status: 405,
    says: '<Code>MethodNotAllowed</Code>',
  },
  { name: 'a host of no bucket', host: 'other.test', status: 404, says: '<Code>NoSuchBucket</Code>' },
  { name: 'a list of hosts', host: 'a, b', status: 400, says: '<Code>InvalidHost</Code>' },
  {
    name: 'a target too long',
    target: `/${'a'.repeat(9_000)}`,
    status: 414,
    says: '<Code>URITooLong</Code>',
  },
  {
    name: 'headers too large',
    header: `X-One: ${'a'.repeat(17_000)}`,
    status: 431,
    says: '<Code>RequestHeaderTooLarge</Code>',
  },
  { name: 'a bucket that wants less', early: 413, status: 413, says: 'no entry' },
];

const FRAMINGS: readonly (readonly [name: string, header: string, body: Buffer])[] = [
  ['with a length', `Content-Length: ${BODY.length}`, BODY],
  ['in chunks', 'Transfer-Encoding: chunked', CHUNKED_BODY],
];

/** Sends everything before it reads, then reads to the connection's end. */
async function stubbornly(url: string, ...pieces: readonly (Buffer | string)[]): Promise<string> {
  const socket = dial(url);
  const failures: Error[] = [];
  socket.on('error', (error) => failures.push(error));
  socket.pause();
  for (const piece of pieces) await written(socket, piece);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve) => socket.resume().once('close', () => resolve()));
  expect(failures).toEqual([]);
  return Buffer.concat(chunks).toString('latin1');
}

/** Resolves when the system has accepted the bytes or refused them. */
const written = (socket: Socket, piece: Buffer | string): Promise<void> =>
  new Promise((resolve) => socket.write(piece, () => resolve()));

describe.each(REFUSED)('an upload refused for $name', (refused) => {
  const framed = useFramed();
  const { method = 'PUT', target = '/key', host = HOST, header = 'X-One: 1', early = null } = refused;
  const head = (...more: readonly string[]) =>
    lines(`${method} ${target} HTTP/1.1`, `Host: ${host}`, header, ...more);
  const reached = early === null ? [] : ['PUT /key'];

  test.each(FRAMINGS)(
    '%s can be read after the whole upload by a client that then closes',
    async (_, framing, body) => {
      framed().bucket.early = early;
      const answered = await stubbornly(framed().edge.url, head('Connection: close', framing), body);
      expect(statuses(answered)).toEqual([refused.status]);
      expect(answered).toContain(refused.says);
      expect(framed().bucket.begun).toEqual(reached);
    },
  );

  test.each(FRAMINGS)('%s leaves its connection open for the next request', async (_, framing, body) => {
    framed().bucket.early = early;
    const sent = stubbornly(framed().edge.url, head(framing), body, NEXT);
    const answered = await sent;
    expect(answered).toContain(refused.says);
    expect(statuses(answered)).toEqual([refused.status, early ?? 200]);
    if (early === null) expect(answered).toContain(OBJECT);
    expect(framed().bucket.begun).toEqual([...reached, 'GET /next']);
  });
});

describe('an upload that the edge does not read to its end', () => {
  const framed = useFramed();
  const patch = (...more: readonly string[]) => lines('PATCH /key HTTP/1.1', `Host: ${HOST}`, ...more);

  test.each([
    ['with a coding that cannot be decoded', 'Transfer-Encoding: gzip', 501],
    ['with a coding around chunked', 'Transfer-Encoding: gzip, chunked', 501],
  ])('%s can be read when all is sent', async (_, framing, status) => {
    const head = lines('PUT /key HTTP/1.1', `Host: ${HOST}`, framing);
    const answered = await stubbornly(framed().edge.url, head, CHUNKED_BODY, SMUGGLED);
    expect(statuses(answered)).toEqual([status]);
    expect(answered).toMatch(/^Connection: close\r$/m);
    expect(answered).toContain('</Error>');
    expect(framed().bucket.bytes()).toBe(0);
  });

  test('because it is too long is answered with Connection: close', async () => {
    const head = patch(`Content-Length: ${LINGER_BYTES + 1}`);
    const answered = await stubbornly(framed().edge.url, head, BODY);
    expect(statuses(answered)).toEqual([405]);
    expect(answered).toMatch(/^Connection: close\r$/m);
    expect(framed().bucket.bytes()).toBe(0);
  });

  test.each([
    ['and the client goes on', []],
    ['and the client said that it would close', ['Connection: close']],
  ])('because it never ends %s is aborted', async (_, more) => {
    const socket = dial(framed().edge.url);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    // A half-open socket would not stop at the other side's end.
    socket.allowHalfOpen = true;
    await written(socket, patch('Transfer-Encoding: chunked', ...more));
    const chunk = Buffer.concat([
      Buffer.from('100000\r\n'),
      Buffer.alloc(0x100000, 'a'),
      Buffer.from('\r\n'),
    ]);
    let sent = 0;
    while (!socket.destroyed && sent < 4 * LINGER_BYTES) {
      await written(socket, chunk);
      sent += chunk.length;
    }
    socket.destroy();
    expect(statuses(text)).toEqual([405]);
    expect(sent).toBeGreaterThan(LINGER_BYTES / 2);
    expect(sent).toBeLessThan(2 * LINGER_BYTES);
    expect(framed().bucket.bytes()).toBe(0);
  });

  test('whose client waited for a 100 ends its connection', async () => {
    const head = patch('Expect: 100-continue', `Content-Length: ${SMUGGLED.length - 1}`);
    const answered = await rawly(framed().edge.url, head + SMUGGLED + SMUGGLED);
    expect(statuses(answered).filter((status) => status !== 100)).toEqual([405]);
    expect(answered).toMatch(/^Connection: close\r$/m);
    expect(framed().bucket.bytes()).toBe(0);
  });

  test('with an endless head gets a response that can be read after the whole upload', async () => {
    const head = lines('PUT /key HTTP/1.1', `Host: ${HOST}`, `X-One: ${'a'.repeat(8 * 1024 * 1024)}`);
    expect(statuses(await stubbornly(framed().edge.url, head))).toEqual([431]);
    expect(framed().bucket.bytes()).toBe(0);
  });
});
