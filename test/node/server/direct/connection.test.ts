import { afterEach, describe, expect, test } from 'vitest';
import { isDirect } from '../../../../src/node/server/direct/connection.ts';
import { DirectResponse } from '../../../../src/node/server/direct/response.ts';
import { readHead } from '../../../../src/node/server/head.ts';
import { openExchange } from '../../../../src/node/transport/exchange.ts';
import { createPools } from '../../../../src/node/transport/pools.ts';
import { standstill, until } from '../../../helpers/until.ts';
import { statuses } from '../_framing.ts';
import { answer, closeAll, connectTo, ENDS, exchange, opened, request, SHORT, waiting } from './_sides.ts';

afterEach(closeAll);

/** A server that notes by which way each request was read. */
async function noting() {
  const ways: string[] = [];
  const server = await opened(true, (incoming, outgoing) => {
    const way = outgoing instanceof DirectResponse ? 'direct' : 'node';
    ways.push(`${way} ${incoming.method} ${incoming.url}`);
    expect(isDirect(incoming.socket)).toBe(way === 'direct');
    incoming.on?.('data', () => {});
    answer(incoming, outgoing);
  });
  return { ways, server };
}

describe('a connection', () => {
  test('stays direct over many requests', async () => {
    const { ways, server } = await noting();
    const { socket, seen } = await connectTo(server);
    for (let asked = 1; asked <= 50; asked += 1) {
      socket.write(request('GET /200'));
      await until('it is answered', () => statuses(seen.text).length === asked);
    }
    expect(new Set(ways)).toEqual(new Set(['direct GET /200']));
    socket.destroy();
  });

  test.each([
    [
      'a request with a body',
      'PUT /text HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc',
      'PUT /text',
      200,
    ],
    [
      'a chunked one',
      'PUT /text HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
      'PUT /text',
      200,
    ],
    ['two requests at once', request('GET /200') + request('GET /text'), 'GET /200', 200],
    ['a length of a GET', request('GET /text', 'Content-Length: 0'), 'GET /text', 200],
    ['a target in absolute-form', request('GET http://h/text'), 'GET http://h/text', 200],
  ])('becomes Node’s with %s, and serves the next requests', async (_, text, line, status) => {
    const { ways, server } = await noting();
    const { socket, seen } = await connectTo(server);
    socket.write(request('GET /200'));
    await until('the first is answered', () => statuses(seen.text).length === 1);
    socket.write(text.replace('http://h/text', '/text'));
    await until('the next is answered', () => ENDS.test(seen.text));
    const before = ways.length;
    socket.write(request('GET /204'));
    await until('the last is answered', () => ways.length === before + 1 && /204 No Content/.test(seen.text));
    expect(ways[0]).toBe('direct GET /200');
    expect(ways.at(-1)).toBe(line.includes('http:') ? 'direct GET /204' : 'node GET /204');
    expect(statuses(seen.text)[1]).toBe(status);
    socket.destroy();
  });

  test('becomes Node’s at a head that comes in parts, byte for byte', async () => {
    const { ways, server } = await noting();
    const { socket, seen } = await connectTo(server);
    for (const byte of request('GET /text')) {
      socket.write(byte);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await until('it is answered', () => ENDS.test(seen.text));
    expect(ways).toEqual(['node GET /text']);
    socket.destroy();
  });

  test('that begins with what is no request gets 400, and ends', async () => {
    const { server } = await noting();
    const { socket, seen } = await connectTo(server);
    socket.write('\x16\x03\x01\0\0\r\n\r\n', 'latin1');
    socket.on('end', () => socket.end());
    await until('it ends', () => seen.isClosed);
    expect(statuses(seen.text)).toEqual([400]);
  });
});

describe('the limit on a head', () => {
  test('applies to a client that sends nothing', async () => {
    const { server, targets } = await waiting(SHORT);
    const { socket, seen } = await connectTo(server);
    socket.on('end', () => socket.end());
    await until('it ends', () => seen.isClosed);
    expect([statuses(seen.text), targets]).toEqual([[408], []]);
  });

  test('applies to a client that sends only empty lines', async () => {
    const { server, targets } = await waiting(SHORT);
    const { socket, seen } = await connectTo(server);
    const timer = setInterval(() => socket.write('\r\n'), 20);
    socket.once('close', () => clearInterval(timer));
    socket.on('end', () => socket.end());
    await until('it ends', () => seen.isClosed);
    expect([statuses(seen.text), targets]).toEqual([[408], []]);
  });
});

test('nothing is read after the last response, before the connection has ended', async () => {
  const targets: string[] = [];
  const server = await opened(true, ({ url = '', socket: own }, outgoing) => {
    targets.push(url);
    outgoing.writeHead(200, ['x-id', '1', 'Content-Length', '2']);
    // As at the end of a drain: the response was already served when it became the last one.
    outgoing.shouldKeepAlive = false;
    outgoing.once('close', () => {
      own.emit('data', Buffer.from(request('GET /2')));
      own.emit('data', Buffer.from('DELETE /3 HTTP/1.1\r\nHost: h\r\n\r\n'));
    });
    outgoing.end('ok');
  });
  const { socket, seen } = await connectTo(server);
  socket.write(request('GET /1'));
  await until('it ends', () => seen.isClosed);
  await standstill(() => targets.length);
  expect(targets).toEqual(['/1']);
});

test('a client that resets its connection while it is sent a response harms no other', async () => {
  const { server, begun, targets, reply } = await waiting();
  for (let at = 0; at < 20; at += 1) {
    const { socket } = await connectTo(server);
    socket.pause();
    socket.write(request(`GET /${at}`));
    await until('it arrives', () => targets.length === at + 1);
    let isGone = false;
    begun[at]?.once('close', () => {
      isGone = true;
    });
    begun[at]?.writeHead(200, []);
    while (begun[at]?.write(Buffer.alloc(256 * 1024)));
    socket.resetAndDestroy();
    for (let more = 0; more < 5; more += 1) begun[at]?.write(Buffer.alloc(256 * 1024));
    await until('the edge knows', () => isGone);
    expect(begun[at]).toMatchObject({ destroyed: true, writableFinished: false });
    expect(begun[at]?.write(Buffer.alloc(1))).toBe(false);
  }
  const { socket, seen } = await connectTo(server);
  socket.write(request('GET /last'));
  await until('it arrives', () => targets.length === 21);
  reply(20, 'served');
  await until('it is answered', () => seen.text.endsWith('served'));
  expect(begun[20]).toMatchObject({ destroyed: false, writableFinished: true });
  socket.destroy();
});

// From the AWS clients, whose signature of `GET /?cors` covers the content.
test.each([
  ['that the edge reads', request('GET /a')],
  ['that Node reads', request('GET /a', 'Content-Length: 0')],
])('the body of a request without one, %s, is read as empty', async (_, text) => {
  const read: unknown[] = [];
  const { pools, close } = createPools();
  const server = await opened(true, (incoming, outgoing) => {
    const exchange = openExchange(incoming, outgoing, readHead(incoming), pools);
    void exchange.read(10).then((bytes) => {
      read.push(bytes);
      outgoing.writeHead(200, ['x-id', '1', 'Content-Length', '2']).end('ok');
    });
  });
  await exchange(server, [text], (so) => ENDS.test(so));
  await close();
  expect(read).toEqual([new Uint8Array()]);
});
