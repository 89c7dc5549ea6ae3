import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Calling, Connections } from '../../../src/node/http1/call.ts';
import { createConnections } from '../../../src/node/http1/connections.ts';
import { until } from '../../helpers/until.ts';
import { OK, openRaw, type RawBucket } from '../server/_raw.ts';
import { askAt } from './_ask.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n';
const HINTED = `HTTP/1.1 103 Early Hints\r\n\r\n${CHUNKED}`;

let bucket: RawBucket;
let connections: Connections;
let act: (socket: Socket, text: string) => void;
beforeEach(async () => {
  bucket = await openRaw((socket, text) => act(socket, text));
  connections = createConnections({ life: 60_000, addresses: 10 });
});
afterEach(async () => {
  await connections.close();
  await bucket.close();
});

const CALLS = ['started', 'head', 'data'] as const;

test.each(CALLS)('a call that is aborted in `%s` fails once, and nothing follows', async (name) => {
  act = (socket) => void socket.write(HINTED);
  const after: string[] = [];
  let isAborted = false;
  const note = (called: string, calling: () => Calling) => () => {
    if (isAborted) after.push(called);
    if (called !== name) return;
    isAborted = true;
    calling().abort(new Error('aborted'));
  };
  const failed = await askAt(connections, bucket.url, {}, (calling) =>
    Object.fromEntries([...CALLS, 'end'].map((called) => [called, note(called, calling)])),
  );
  await until('the connection is closed', () => bucket.open.size === 0);
  expect([failed, after]).toEqual(['aborted', []]);
});

test.each(CALLS)('a call that is paused and resumed in `%s` gets all', async (name) => {
  act = (socket) => void socket.write(HINTED);
  let body = '';
  await askAt(connections, bucket.url, {}, (calling) => ({
    data: (chunk) => {
      body += chunk.toString();
    },
    ...(name !== 'data' && {
      [name]: () => {
        calling().pause();
        calling().resume();
      },
    }),
  }));
  expect(body).toBe('ab');
});

test('the control of an earlier request has no effect on the next one of its connection', async () => {
  act = (socket, text) => void setTimeout(() => socket.write(OK), text.includes('/next') ? 30 : 0);
  let earlier: Calling | undefined;
  await askAt(connections, bucket.url, {}, (calling) => ({
    started: () => {
      earlier = calling();
    },
  }));
  const next = askAt(connections, bucket.url, { target: '/next' });
  earlier?.pause();
  earlier?.abort(new Error('aborted'));
  expect([await next, bucket.open.size]).toEqual(['ok', 1]);
});

const ended = async (): Promise<Readable> => {
  const body = Readable.from([Buffer.from('a')]);
  for await (const _part of body);
  return body;
};
const destroyed = async (): Promise<Readable> => Readable.from([Buffer.from('a')]).destroy();

test.each([
  ['ended', ended, 'ERR_REQUEST_INVALID'],
  ['been destroyed', destroyed, 'ERR_REQUEST_INVALID'],
])('a request fails whose body has %s before there is a connection', async (_, open, code) => {
  act = () => {};
  const body = await open();
  for (const headers of [
    ['Host', 'h'],
    ['Host', 'h', 'Content-Length', '1'],
  ])
    expect(await askAt(connections, bucket.url, { method: 'PUT', headers, body })).toBe(code);
});
