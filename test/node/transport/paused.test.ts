import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { call, dial } from '../../helpers/client.ts';
import { MUCH, PIECE } from '../../helpers/pour.ts';
import { until } from '../../helpers/until.ts';
import { openWire } from '../../helpers/wire.ts';
import { OK } from '../server/_raw.ts';
import { type Numbered, openNumbered } from './_numbered.ts';

let opened: Numbered | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

/** Different lengths, so that the last part differs. */
const ROUNDS = 8;
/** Milliseconds in which an upload fills the buffers of two connections. */
const FULL_AFTER = 400;

const answerOf = (length: number) =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`),
    Buffer.alloc(length, 'x'),
  ]);
const says = (bytes: Buffer) => (socket: Socket) => void socket.write(bytes);

describe('a connection whose response filled the client’s buffer at its end', () => {
  test.each([1_000, 16_384, 65_536, 65_537, 100_000, 131_072, 1_000_000])(
    'carries the next one: %i bytes',
    async (length) => {
      opened = await openNumbered(says(answerOf(length)));
      const { edge, carried } = opened;
      for (let turn = 0; turn < 10; turn += 1) {
        const answered = await call(edge.url, { target: `/${turn}` });
        expect([answered.status, answered.body.length, answered.complete]).toEqual([200, length, true]);
      }
      expect(new Set(carried)).toEqual(new Set([1]));
    },
  );

  test('carries that of another client, whenever the first has read its own', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const length = MUCH / 4 + round * 9_999;
      opened = await openNumbered(says(answerOf(length)), OK);
      const { edge, carried } = opened;
      const slow = openWire(edge.url);
      slow.socket.pause();
      await slow.send('GET /slow HTTP/1.1\r\nHost: h\r\n\r\n');
      await until('the bucket is asked', () => carried.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      slow.socket.resume();
      expect((await slow.answer('GET')).body.length).toBe(length);
      for (let turn = 0; turn < 3; turn += 1) expect((await call(edge.url)).body.toString()).toBe('ok');
      expect(carried).toEqual([1, 1, 1, 1]);
      slow.socket.destroy();
      await opened.close();
      opened = undefined;
    }
  });
});

describe('a bucket that closes its side within an upload, without an answer', () => {
  test.each([
    ['reads on', (socket: Socket) => void socket.end()],
    ['reads no more', (socket: Socket) => void socket.pause().end()],
    [
      'reads no more, when all buffers are full',
      (socket: Socket) => void setTimeout(() => socket.end(), FULL_AFTER, socket.pause()),
    ],
  ])('and %s fails the request at once', async (_, act) => {
    opened = await openNumbered(act);
    const { edge } = opened;
    const client = dial(edge.url);
    let text = '';
    client.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    const answered = new Promise<void>((resolve) => client.once('data', () => resolve()));
    const length = 512 * PIECE.length;
    client.write(`PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\n`);
    for (let piece = 0; piece < 256; piece += 1) client.write(PIECE);
    await answered;
    expect(text).toMatch(/^HTTP\/1\.1 502 /);
    expect(text).toContain('<Code>BucketBrokeOff</Code>');
    client.destroy();
  });
});
