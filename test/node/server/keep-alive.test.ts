import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { ClientTimeouts } from '../../../src/node/server/http-server.ts';
import { type Listening, listen } from '../../../src/node/server/listen.ts';
import { dial } from '../../helpers/client.ts';
import { callH2, h2 } from '../../helpers/h2.ts';
import { certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';

const LONG = 60_000;
const KEEP_ALIVE = 120;

let server: Listening;
let waiting: ServerResponse[] = [];
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await server.close(0);
  waiting = [];
});

async function serve(secure: boolean, limits: Partial<ClientTimeouts> = {}): Promise<void> {
  server = await listen(
    ({ url }, outgoing) => {
      if (url === '/wait') waiting.push(outgoing);
      else outgoing.writeHead(200, ['Content-Length', '4']).end('done');
    },
    { host: '127.0.0.1', port: 0 },
    {
      readsRawHeaders: true,
      timeouts: { headers: LONG, idle: LONG, keepAlive: KEEP_ALIVE, ...limits },
      ...(secure && { certificate: certificate() }),
    },
  );
}

async function connect() {
  const socket = dial(server.url);
  clients.push(socket);
  const seen = { text: '', isClosed: false };
  socket.on('data', (chunk: Buffer) => {
    seen.text += chunk.toString('latin1');
  });
  socket.once('close', () => {
    seen.isClosed = true;
  });
  await once(socket, server.url.startsWith('https:') ? 'secureConnect' : 'connect');
  return {
    seen,
    send: (text: string) => void socket.write(text),
    ask: (target: string) => void socket.write(`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`),
    answers: () => seen.text.split('done').length - 1,
  };
}

describe.each([
  ['plain', false],
  ['secure', true],
])('on a %s port that limits the time between requests', (_, secure) => {
  test('the limit on a transfer without progress does not end a connection between two requests', async () => {
    await serve(secure, { idle: 60, keepAlive: LONG });
    const client = await connect();
    client.ask('/a');
    await until('it is answered', () => client.answers() === 1);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(client.seen.isClosed).toBe(false);
    client.ask('/a');
    await until('it is answered again', () => client.answers() === 2);
  });

  test('a connection without a next request is closed; one that waits for its response, and a new one, are not', async () => {
    await serve(secure);
    const [idle, busy, fresh] = [await connect(), await connect(), await connect()];
    busy.ask('/a');
    await until('it is answered', () => busy.answers() === 1);
    busy.ask('/wait');
    idle.ask('/a');
    await until('the idle one is closed', () => idle.seen.isClosed);
    expect(idle.answers()).toBe(1);
    const other = await connect();
    other.ask('/a');
    await until('another idle one is closed', () => other.seen.isClosed);
    expect([busy.seen.isClosed, fresh.seen.isClosed]).toEqual([false, false]);
    waiting[0]?.writeHead(200, ['Content-Length', '4']).end('done');
    await until('the busy one is answered and closed', () => busy.seen.isClosed);
    expect(busy.answers()).toBe(2);
  });

  test('a connection with a next request in time stays open', async () => {
    await serve(secure);
    const [often, idle] = [await connect(), await connect()];
    idle.ask('/a');
    let asked = 0;
    await until('the idle one is closed', () => {
      if (often.answers() === asked) {
        often.ask('/a');
        asked += 1;
      }
      return idle.seen.isClosed;
    });
    await until('all are answered', () => often.answers() === asked);
    expect(often.seen.isClosed).toBe(false);
  });

  test('a connection that has begun its next request is closed after the limit without a byte', async () => {
    await serve(secure);
    const client = await connect();
    client.ask('/a');
    await until('it is answered', () => client.answers() === 1);
    client.send('GET /b HT');
    await until('it is closed', () => client.seen.isClosed);
    expect(client.answers()).toBe(1);
  });

  test('each response names the limit', async () => {
    server = await listen(
      (_incoming, outgoing) => outgoing.writeHead(200, ['Content-Length', '4']).end('done'),
      { host: '127.0.0.1', port: 0 },
      { readsRawHeaders: true, ...(secure && { certificate: certificate() }) },
    );
    const client = await connect();
    client.ask('/a');
    await until('it is answered', () => client.answers() === 1);
    expect(client.seen.text).toContain('\r\nConnection: keep-alive\r\nKeep-Alive: timeout=65\r\n');
  });
});

test('a stream of HTTP/2 outlasts the limit between requests', async () => {
  await serve(true);
  const session = await h2(server.url);
  await callH2(session, { ':path': '/a' });
  const asked = callH2(session, { ':path': '/wait' });
  await until('it is asked', () => waiting.length === 1);
  const idle = await connect();
  idle.ask('/a');
  await until('an idle connection is closed', () => idle.seen.isClosed);
  waiting[0]?.writeHead(200, ['Content-Length', '4']).end('done');
  expect((await asked).status).toBe(200);
});
