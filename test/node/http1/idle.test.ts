import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Calling, Connections, Receiver } from '../../../src/node/http1/call.ts';
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
  vi.restoreAllMocks();
  await connections.close();
  await bucket.close();
});

/** Sends a request. Resolves to the body of its response, or to the code of its failure. */
const ask = (method: string, pause = false): Promise<string> => {
  let body = '';
  const paused = (calling: () => Calling): Partial<Receiver> => ({
    data: (chunk) => {
      body += chunk.toString();
      calling().pause();
    },
  });
  return pause
    ? askAt(connections, bucket.url, { method }, paused).then((ended) => ended + body)
    : askAt(connections, bucket.url, { method });
};

test('a connection whose response is paused at its last byte reads the next response', async () => {
  act = (socket) => void socket.write(OK);
  for (let turn = 0; turn < 3; turn += 1) expect(await ask('GET', true)).toBe('ok');
  expect(bucket.open.size).toBe(1);
});

test('a connection whose response is paused at its last byte is closed when more bytes come', async () => {
  act = (socket) => {
    socket.write(OK);
    setTimeout(() => socket.write(OK), 20);
  };
  expect(await ask('GET', true)).toBe('ok');
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
