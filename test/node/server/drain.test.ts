import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Listening, listen } from '../../../src/node/server/listen.ts';
import { dial } from '../../helpers/client.ts';
import { answerOn, beginH2, callH2, h2 } from '../../helpers/h2.ts';
import { certificate } from '../../helpers/tls.ts';
import { until } from '../../helpers/until.ts';

const LONG = 60_000;
const TIMEOUTS = { headers: LONG, idle: LONG, keepAlive: LONG };

let waiting: { incoming: IncomingMessage; outgoing: ServerResponse }[] = [];
let opened: Listening | undefined;
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await opened?.close(0);
  waiting = [];
});

/** Answers at once, except `/waiting`, which waits for the test, and `/begun`, whose body waits for it. */
async function serve(secure: boolean, keepAlive = LONG, readsRawHeaders = true): Promise<Listening> {
  const handler = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { url } = incoming;
    if (url !== '/waiting') outgoing.writeHead(200, ['Content-Length', '4']);
    if (url === '/waiting' || url === '/begun') waiting.push({ incoming, outgoing });
    else outgoing.end('done');
    if (url === '/begun') outgoing.write('do');
  };
  const timeouts = { ...TIMEOUTS, keepAlive };
  opened = await listen(
    handler,
    { host: '127.0.0.1', port: 0 },
    { timeouts, readsRawHeaders, ...(secure && { certificate: certificate() }) },
  );
  return opened;
}

interface Talk {
  ask(target: string): void;
  /** Requests `/begun`, and waits for the first part of its body. */
  begin(): Promise<void>;
  text(): string;
  /** The number of complete responses. */
  answers(): number;
  ended(): boolean;
}

async function talk(url: string): Promise<Talk> {
  const socket = dial(url);
  clients.push(socket);
  let text = '';
  let ended = false;
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.once('close', () => {
    ended = true;
  });
  await once(socket, url.startsWith('https:') ? 'secureConnect' : 'connect');
  const ask = (target: string) => void socket.write(`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`);
  return {
    ask,
    begin: async () => {
      ask('/begun');
      await until('it has begun', () => text.endsWith('\r\n\r\ndo'));
    },
    text: () => text,
    answers: () => text.split('done').length - 1,
    ended: () => ended,
  };
}

const CLOSE = /connection: close/i;

describe.each([
  ['without TLS, of which the edge reads connections', false, true],
  ['without TLS, of which Node reads them', false, false],
  ['over TLS', true, true],
])('a server of HTTP/1.1 %s that ends', (_, secure, readsRawHeaders) => {
  /** A server, and a client without a request. */
  async function served(keepAlive = LONG) {
    const { url, close } = await serve(secure, keepAlive, readsRawHeaders);
    return { url, close, client: await talk(url) };
  }

  /** Sends a request that is not answered yet. */
  async function hold(client: Talk): Promise<void> {
    client.ask('/waiting');
    await until('it is asked', () => waiting.length === 1);
  }

  async function end(closed: Promise<void>, client: Talk): Promise<void> {
    await closed;
    await until('its connection is closed', client.ended);
  }

  test('serves a request on an idle connection, answers with Connection: close, and ends', async () => {
    const { client, close } = await served();
    client.ask('/a');
    await until('it is answered', () => client.answers() === 1);
    expect(client.text()).not.toMatch(CLOSE);
    const closed = close(LONG);
    client.ask('/b');
    await end(closed, client);
    expect(client.answers()).toBe(2);
    expect(client.text()).toMatch(CLOSE);
  });

  test('serves the first request on a connection without one', async () => {
    const { client, close } = await served();
    const closed = close(LONG);
    client.ask('/a');
    await end(closed, client);
    expect([client.answers(), CLOSE.test(client.text())]).toEqual([1, true]);
  });

  test('adds Connection: close to a response that had not begun', async () => {
    const { client, close } = await served();
    await hold(client);
    const closed = close(LONG);
    waiting[0]?.outgoing.writeHead(200, ['Content-Length', '4']).end('done');
    await end(closed, client);
    expect([client.answers(), CLOSE.test(client.text())]).toEqual([1, true]);
  });

  test('finishes a response that had begun, and adds Connection: close to the next', async () => {
    const { client, close } = await served();
    await client.begin();
    const closed = close(LONG);
    waiting[0]?.outgoing.end('ne');
    await until('it is answered', () => client.answers() === 1);
    expect(client.text()).not.toMatch(CLOSE);
    client.ask('/b');
    await end(closed, client);
    expect([client.answers(), CLOSE.test(client.text())]).toEqual([2, true]);
  });

  test('without a limit waits for a response that has begun', async () => {
    const { url, client, close } = await served();
    const other = await talk(url);
    await client.begin();
    other.ask('/a');
    await until('the other is answered', () => other.answers() === 1);
    const closed = close(null);
    other.ask('/b');
    await until('the other is closed', other.ended);
    waiting[0]?.outgoing.end('ne');
    await until('it is answered', () => client.answers() === 1);
    client.ask('/b');
    await end(closed, client);
    expect([client.answers(), other.answers()]).toEqual([2, 2]);
  });

  test('closes an idle connection at its usual timeout', async () => {
    const { client, close } = await served(50);
    client.ask('/a');
    await until('it is answered', () => client.answers() === 1);
    await end(close(LONG), client);
  });

  test('aborts connections at its limit', async () => {
    const { url, close } = await serve(secure, LONG, readsRawHeaders);
    const [idle, busy, unused] = [await talk(url), await talk(url), await talk(url)];
    idle.ask('/a');
    busy.ask('/begun');
    await until('both are served', () => idle.answers() === 1 && waiting.length === 1);
    await close(20);
    await until('all are closed', () => idle.ended() && busy.ended() && unused.ended());
    expect(busy.answers()).toBe(0);
  });

  test('refuses a new connection', async () => {
    const { url, client, close } = await served();
    await hold(client);
    void close(LONG);
    await expect(once(dial(url).removeAllListeners('error'), 'connect')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('an HTTP/2 server that ends', () => {
  /** A connection with a response that has begun. */
  async function begun() {
    const { url, close } = await serve(true);
    const session = await h2(url);
    const stream = beginH2(session, { ':path': '/begun' });
    const answer = answerOn(stream);
    stream.end();
    await until('it is asked', () => waiting.length === 1);
    return { session, answer, close };
  }

  test('ends connections without a stream', async () => {
    const { url, close } = await serve(true);
    const session = await h2(url);
    expect((await callH2(session, { ':path': '/a' })).status).toBe(200);
    const [gone] = await Promise.all([once(session, 'goaway'), close(LONG)]);
    expect(gone[0]).toBe(0);
  });

  test('finishes open streams, and refuses later ones as safe to repeat', async () => {
    const { session, answer, close } = await begun();
    const closed = close(LONG);
    // At the same moment, so that the client cannot know yet.
    const late = beginH2(session, { ':path': '/waiting' });
    late.end();
    await expect(answerOn(late)).rejects.toThrow(`code ${constants.NGHTTP2_REFUSED_STREAM}`);
    expect(waiting).toHaveLength(1);
    waiting[0]?.outgoing.end('ne');
    expect(await answer).toMatchObject({ status: 200, complete: true });
    await closed;
  });

  test('sends GOAWAY to a connection that was being made', async () => {
    const { url, server, close } = await serve(true);
    const making = h2(url);
    await once(server, 'connection');
    const closed = close(LONG);
    const session = await making;
    if (!session.destroyed) await once(session, 'close');
    await closed;
  });

  test('aborts connections at its limit', async () => {
    const { answer, close } = await begun();
    await close(20);
    expect((await answer.catch(() => null))?.complete ?? false).toBe(false);
  });
});
