import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { PORTS } from '../cli/_edges.ts';
import { run, stop } from '../cli/_process.ts';
import { begin, call, dial } from '../helpers/client.ts';
import {
  digestOf,
  openStreamingBucket,
  type Resident,
  readSlowly,
  residentOf,
  type StreamingBucket,
  sendBytes,
  takenOf,
} from './_streams.ts';

const MB = 1024 * 1024;
const GB = 1024 * MB;
const STREAMED = 5 * GB;
const SLOW_OBJECT = GB;
/** Bytes that a stream may cost above the idle edge. */
const ABOVE_IDLE = 60 * MB;
/** Bytes of an unread transfer that kernels and streams may buffer: far less than a gigabyte. */
const IN_BUFFERS = 24 * MB;
/** Seconds until buffers are full, and seconds in which they must not grow. */
const SETTLING = 5;
const WATCHED = 15;
/** Bytes of tolerance once all buffers are full. */
const FLAT = 8 * MB;
const LIMIT_MS = 180_000;

const inMb = (bytes: number) => `${(bytes / MB).toFixed(1)} MB`;
const onLinux = describe.skipIf(process.platform !== 'linux');

interface Opened {
  readonly url: string;
  readonly bucket: StreamingBucket;
  readonly resident: Resident;
  /** Bytes of the idle edge after a few requests. */
  readonly idle: number;
}

/** Runs the edge as a separate process for the duration of a test. */
async function withEdge(use: (opened: Opened) => Promise<void>): Promise<void> {
  const bucket = await openStreamingBucket();
  const running = run(['serve', '--bucket', bucket.url, ...PORTS], { limit: LIMIT_MS });
  try {
    const url = await running.address('edge');
    for (let at = 0; at < 20; at += 1) {
      await call(url, { target: '/1000' });
      await call(url, { method: 'PUT', target: '/fast', body: 'a body' });
    }
    const resident = residentOf(running.child.pid);
    const idle = await resident.now();
    await resident.forget();
    await use({ url, bucket, resident, idle });
  } finally {
    await stop(running);
    await bucket.close();
  }
}

/** Prints the peak of memory and checks it against the limit. */
async function expectLittle({ resident, idle }: Opened, what: string, began: number): Promise<void> {
  const peak = await resident.peak();
  const seconds = (performance.now() - began) / 1_000;
  const speed = inMb(STREAMED / seconds);
  console.log(
    `${inMb(STREAMED)} ${what} in ${seconds.toFixed(1)} s, ${speed}/s: ${inMb(idle)} idle, ${inMb(peak)} at most`,
  );
  expect(peak - idle).toBeLessThan(ABOVE_IDLE);
}

/** Waits until all buffers are full, then checks that neither memory nor the accepted bytes grow. */
async function expectFlat({ resident, idle }: Opened, what: string, taken: () => number): Promise<void> {
  await pause(SETTLING * 1_000);
  const settled = { taken: taken(), resident: await resident.now() };
  await resident.forget();
  await pause(WATCHED * 1_000);
  const after = { taken: taken(), resident: await resident.peak() };
  console.log(
    `${what}: ${inMb(settled.taken)} taken after ${SETTLING} s, ${inMb(after.taken)} ${WATCHED} s later; ` +
      `${inMb(idle)} idle, ${inMb(settled.resident)} then, ${inMb(after.resident)} at most from then on`,
  );
  expect(settled.taken).toBeGreaterThan(0);
  expect(after.taken).toBeLessThan(IN_BUFFERS);
  expect(after.taken - settled.taken).toBeLessThan(FLAT);
  expect(after.resident - settled.resident).toBeLessThan(FLAT);
  expect(after.resident - idle).toBeLessThan(ABOVE_IDLE);
}

onLinux('a stream of 5 GB is not buffered', () => {
  test('to the client', () =>
    withEdge(async (opened) => {
      const began = performance.now();
      const sent = begin(opened.url, { target: `/${STREAMED}` });
      sent.end();
      const [incoming] = (await once(sent, 'response')) as [IncomingMessage];
      const { digest, bytes } = await digestOf(incoming);
      expect(bytes).toBe(STREAMED);
      expect(digest).toBe(await opened.bucket.sent());
      await expectLittle(opened, 'to the client', began);
    }));

  test('to the bucket', () =>
    withEdge(async (opened) => {
      const began = performance.now();
      const headers = ['Content-Length', String(STREAMED)];
      const sent = begin(opened.url, { method: 'PUT', target: '/fast', headers });
      const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
      const digest = await sendBytes(STREAMED, sent);
      const [incoming] = await answered;
      expect(Buffer.concat(await incoming.toArray()).toString()).toBe(digest);
      await expectLittle(opened, 'to the bucket', began);
    }));
});

onLinux('a gigabyte at a kilobyte a second does not grow memory', () => {
  test.concurrent('with a client that reads so slowly', () =>
    withEdge(async (opened) => {
      const socket = dial(opened.url);
      const read = readSlowly(socket);
      socket.write(`GET /${SLOW_OBJECT} HTTP/1.1\r\nHost: h\r\n\r\n`);
      await expectFlat(opened, 'a slow client', opened.bucket.taken);
      expect(read(), 'bytes received').toBeGreaterThan(1_024 * (WATCHED / 2));
      socket.destroy();
    }));

  test.concurrent('with a bucket that accepts so slowly', () =>
    withEdge(async (opened) => {
      const headers = ['Content-Length', String(SLOW_OBJECT)];
      const sent = begin(opened.url, { method: 'PUT', target: '/slow', headers });
      const sending = sendBytes(SLOW_OBJECT, sent).catch(() => 'broken off');
      await expectFlat(opened, 'a slow bucket', () => takenOf(sent.socket));
      expect(opened.bucket.accepted(), 'bytes received').toBeGreaterThan(1_024 * (WATCHED / 2));
      sent.destroy();
      expect(await sending).toBe('broken off');
    }));
});
