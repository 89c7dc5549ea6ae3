import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Ask, Calling, Connections, Receiver } from '../../../src/node/http1/call.ts';
import { createConnections } from '../../../src/node/http1/connections.ts';
import { until } from '../../helpers/until.ts';
import { OK, openRaw, type RawBucket } from '../server/_raw.ts';

let bucket: RawBucket;
let connections: Connections;
let act: (socket: Socket, times: number) => void;
beforeEach(async () => {
  bucket = await openRaw((socket, _text, times) => act(socket, times));
  connections = createConnections({ life: 60_000, addresses: 10 });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await connections.close();
  await bucket.close();
});

const askBucket: Ask = (call, receiver) =>
  connections.at({ base: bucket.url, servername: '127.0.0.1', connectLimit: 1_000 })(call, receiver);

/** Sends a request. Resolves to the body of its response, or to the code of its failure. */
function ask(
  method: string,
  more: (calling: () => Calling) => Partial<Receiver> = () => ({}),
): Promise<string> {
  return new Promise((resolve) => {
    let body = '';
    let calling: Calling | undefined;
    const call = {
      method,
      target: '/',
      headers: ['Host', 'h'],
      body: null,
      headLimit: 2_000,
      idleLimit: 2_000,
    };
    const { data, ...others } = more(() => calling as Calling);
    calling = askBucket(call, {
      sent: () => {},
      moved: () => {},
      uploaded: () => {},
      started: () => {},
      informational: () => {},
      head: () => {},
      data: (chunk) => {
        body += chunk.toString();
        data?.(chunk);
      },
      end: () => resolve(body),
      fail: (error) => resolve('code' in error ? String(error.code) : error.message),
      ...others,
    });
  });
}

test('a connection whose response is paused at its last byte reads the next response', async () => {
  act = (socket) => void socket.write(OK);
  for (let turn = 0; turn < 3; turn += 1)
    expect(await ask('GET', (calling) => ({ data: () => calling().pause() }))).toBe('ok');
  expect(bucket.open.size).toBe(1);
});

test('a connection whose response is paused at its last byte is closed when more bytes come', async () => {
  act = (socket) => {
    socket.write(OK);
    setTimeout(() => socket.write(OK), 20);
  };
  expect(await ask('GET', (calling) => ({ data: () => calling().pause() }))).toBe('ok');
  // Before it has been idle for too long.
  await until('it is closed', () => bucket.open.size === 0, 2_000);
});

test.each([
  ['sends bytes that no request asked for', (socket: Socket) => void socket.write('x')],
  ['closes it', (socket: Socket) => void socket.end()],
])('an idle connection carries no request after its bucket %s, not even at that moment', async (_, end) => {
  let asked: Promise<string> | undefined;
  const served: Socket[] = [];
  act = (socket, times) => {
    served.push(socket);
    socket.write(OK);
    if (times === 0) setTimeout(() => end(socket), 20);
  };
  expect(await ask('POST')).toBe('ok');
  const { destroy } = Socket.prototype;
  vi.spyOn(Socket.prototype, 'destroy').mockImplementation(function (this: Socket, error) {
    const destroyed = destroy.call(this, error);
    if (!served.includes(this)) asked ??= ask('POST');
    return destroyed as Socket;
  });
  await until('it is closed', () => asked !== undefined);
  expect(await asked).toBe('ok');
});
