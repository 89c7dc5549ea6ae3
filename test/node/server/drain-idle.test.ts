import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Listening, listen } from '../../../src/node/server/listen.ts';
import { dial } from '../../helpers/client.ts';
import { certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';

const LONG = 60_000;
const timeouts = { headers: LONG, idle: LONG, keepAlive: LONG };

let opened: Listening | undefined;
let unfinished: ServerResponse[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await opened?.close(0);
  unfinished = [];
});

async function connectTo({ url }: Listening) {
  const socket = dial(url);
  sockets.push(socket);
  const seen = { text: '', isClosed: false };
  socket.on('data', (chunk: Buffer) => {
    seen.text += chunk.toString('latin1');
  });
  socket.once('close', () => {
    seen.isClosed = true;
  });
  await once(socket, url.startsWith('https:') ? 'secureConnect' : 'connect');
  return { socket, seen };
}

describe.each([
  ['HTTP, which the edge reads', false, true],
  ['HTTP, which Node reads', false, false],
  ['HTTPS', true, true],
])('closing idle connections of %s while the server drains', (_, secure, readsRawHeaders) => {
  test('ends unused and idle ones at once, and a busy one after its whole response', async () => {
    const server = await listen(
      ({ url }, outgoing) => {
        outgoing.writeHead(200, ['Content-Length', '4']);
        outgoing.write('do');
        if (url === '/slow') unfinished.push(outgoing);
        else outgoing.end('ne');
      },
      { host: '127.0.0.1', port: 0 },
      { timeouts, readsRawHeaders, ...(secure && { certificate: certificate() }) },
    );
    opened = server;
    const [unused, idle, busy] = [await connectTo(server), await connectTo(server), await connectTo(server)];
    idle.socket.write('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    busy.socket.write('GET /slow HTTP/1.1\r\nHost: h\r\n\r\n');
    await until('one response has ended', () => idle.seen.text.endsWith('done'));
    await until('the other has begun', () => busy.seen.text.endsWith('do'));

    const closed = server.close(LONG);
    server.closeIdle();
    await until('two connections are closed', () => unused.seen.isClosed && idle.seen.isClosed);
    expect(busy.seen.isClosed).toBe(false);
    unfinished[0]?.end('ne');
    await closed;
    await until('the last connection is closed', () => busy.seen.isClosed);
    expect(busy.seen.text).toMatch(/connection: keep-alive[\s\S]*done$/i);
  });
});
