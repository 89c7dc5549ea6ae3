import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Call, Connections } from '../../../src/node/http1/call.ts';
import { createConnections } from '../../../src/node/http1/connections.ts';
import { until } from '../../helpers/until.ts';
import { OK, openRaw, type RawBucket } from '../server/_raw.ts';
import { askAt } from './_ask.ts';

let bucket: RawBucket;
let connections: Connections;
let act: (socket: Socket, times: number) => void;
beforeEach(async () => {
  bucket = await openRaw((socket, _text, times) => act(socket, times));
  connections = createConnections({ life: 60_000, addresses: 10 });
});
afterEach(async () => {
  vi.useRealTimers();
  await connections.close();
  await bucket.close();
});

const ask = (limits: Pick<Call, 'headLimit' | 'idleLimit'>) => askAt(connections, bucket.url, limits);

test.each([
  ['closed after its response', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok', 'ok'],
  ['ended for an invalid response', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n', 'ERR_ANSWER_INVALID'],
  ['closed in its response', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok', 'ERR_BUCKET_CLOSED'],
  ['closed without a response', '', 'ERR_BUCKET_CLOSED'],
])('a connection that is %s leaves no timer, which would retain it', async (_, bytes, outcome) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  act = (socket) => void socket.end(bytes);
  expect(await ask({ headLimit: 60_000, idleLimit: 60_000 })).toBe(outcome);
  await connections.close();
  expect(vi.getTimerCount()).toBe(0);
});

test.each([
  ['an informational response', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ['a part of the head', 'HTTP/1.1 200 '],
])('after %s the limit on the head applies, and not the one on the body', async (_, begin) => {
  const rest = begin.endsWith(' ') ? OK.slice(begin.length) : OK;
  act = (socket) => {
    socket.write(begin);
    setTimeout(() => socket.write(rest), 300);
  };
  expect(await ask({ headLimit: 5_000, idleLimit: 50 })).toBe('ok');
});

test('every call of close resolves, and a request after it leaves no idle connection', async () => {
  act = (socket) => void setTimeout(() => socket.write(OK), 20);
  const asked = ask({ headLimit: 0, idleLimit: 0 });
  const closed = Promise.all([connections.close(), connections.close()]);
  expect(await asked).toBe('ok');
  await closed;
  expect(await ask({ headLimit: 0, idleLimit: 0 })).toBe('ok');
  await until('it is closed', () => bucket.open.size === 0, 1_000);
});
