import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { call, dial, element, rawly, value } from '../../helpers/client.ts';
import { callH2, h2 } from '../../helpers/h2.ts';
import { type NodeEdge, openOnNode } from '../../helpers/node-edge.ts';
import { certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';
import { OK, openRaw, type RawBucket } from '../server/_raw.ts';

const opened: { bucket?: RawBucket; edge?: NodeEdge } = {};
afterEach(async () => {
  await opened.edge?.close();
  await opened.bucket?.close();
  expect(opened.edge?.errors).toEqual([]);
});

async function open(act: Parameters<typeof openRaw>[0], secure = false) {
  const bucket = await openRaw(act);
  const options = {
    buckets: [{ name: 'bucket', url: bucket.url }],
    timeouts: { connect: 500, head: 200, idle: 500 },
  };
  const edge = await openOnNode(options, undefined, secure ? { certificate: certificate() } : undefined);
  Object.assign(opened, { bucket, edge });
  return { bucket, edge };
}

describe('a bucket that breaks off in a body', () => {
  const begun = (head: string, body: string) => (socket: Socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n${body}`);
    setTimeout(() => socket.resetAndDestroy(), 30);
  };

  test.each([
    ['chunks', begun('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n')],
    ['no framing', begun('', 'hello')],
  ])(
    'with %s: a client of HTTP/1.0 gets a reset, since a normal close would look like the end',
    async (_, act) => {
      const { edge } = await open(act);
      const socket = dial(edge.url);
      const seen: string[] = [];
      socket.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
      socket.once('end', () => seen.push('the end'));
      socket.once('error', (error: NodeJS.ErrnoException) => seen.push(error.code ?? ''));
      socket.write('GET /key HTTP/1.0\r\nHost: h\r\n\r\n');
      await until('the connection is gone', () => socket.closed);
      expect(seen.join('')).toMatch(/helloECONNRESET$/);
      expect(edge.events[0]?.code).toBe('BucketBrokeOff');
    },
  );
});

describe('a request on a new connection that the bucket closes', () => {
  test.each([
    ['at once', ''],
    ['after a 100', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['after a 101', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['after a 103', 'HTTP/1.1 103 Early\r\nLink: <a>\r\n\r\n'],
    ['within its head', 'HTTP/1.1 200 OK\r\nX-'],
  ])('%s is not sent again', async (_, text) => {
    const { edge, bucket } = await open((socket) => socket.end(text));
    expect((await call(edge.url)).status).toBe(502);
    expect(bucket.asked).toEqual(['GET /']);
  });

  test('within its head is not sent again on a reused connection either', async () => {
    const { edge, bucket } = await open((socket, _text, times) => {
      if (times === 0) socket.write(OK);
      else socket.end('HTTP/1.1 200 OK\r\nX-');
    });
    expect((await call(edge.url)).status).toBe(200);
    expect((await call(edge.url)).status).toBe(502);
    expect(bucket.asked).toHaveLength(2);
  });
});

describe('a bucket that sends 103 repeatedly', () => {
  const EARLY = 'HTTP/1.1 103 Early\r\nLink: <a>\r\n\r\n';

  test('must still send its final head within the head timeout', async () => {
    const { edge } = await open((socket) => {
      socket.write(EARLY);
      const timer = setInterval(() => socket.write(EARLY), 50);
      socket.once('close', () => clearInterval(timer));
    });
    const answered = await call(edge.url);
    expect([answered.status, element(answered, 'Code')]).toEqual([504, 'BucketHeadTimeout']);
  });

  test('may do so 20 times', async () => {
    const { edge } = await open((socket) => socket.write(EARLY.repeat(20) + OK));
    expect((await call(edge.url)).body.toString()).toBe('ok');
  });

  test('200 times is an invalid response', async () => {
    const { edge } = await open((socket) => socket.write(EARLY.repeat(200) + OK));
    const answered = await call(edge.url);
    expect([answered.status, element(answered, 'Code')]).toEqual([502, 'BucketAnswerInvalid']);
  });
});

describe.each([
  ['HTTP/1.1', false],
  ['HTTP/2', true],
])('over %s', (_, secure) => {
  test.each([
    ['204 with a length', 'HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n', 204, undefined],
    ['204 with the length 0', 'HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n', 204, undefined],
    ['205 with a body', 'HTTP/1.1 205 No\r\nContent-Length: 5\r\n\r\nhello', 205, '0'],
    [
      '205 with chunks',
      'HTTP/1.1 205 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      205,
      '0',
    ],
  ])(
    'a bucket’s response %s is passed on without a body and without its framing',
    async (_name, text, status, length) => {
      const { edge } = await open((socket) => socket.write(text), secure);
      if (secure) {
        const session = await h2(edge.url);
        const answered = await callH2(session, { ':path': '/key' });
        session.destroy();
        expect([
          answered.status,
          answered.headers['content-length'],
          answered.body.length,
          answered.complete,
        ]).toEqual([status, length, 0, true]);
        return;
      }
      const answered = await rawly(edge.url, 'GET /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
      const lines = (answered.split('\r\n\r\n', 1)[0] ?? '')
        .split('\r\n')
        .slice(1)
        .flatMap((line) => line.split(': '));
      expect(value({ headers: lines }, 'content-length')).toBe(length);
      expect(value({ headers: lines }, 'transfer-encoding')).toBeUndefined();
      expect(answered).toMatch(/\r\n\r\n$/);
    },
  );
});
