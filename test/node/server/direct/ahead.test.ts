import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { isDirect } from '../../../../src/node/server/direct/connection.ts';
import { DirectResponse } from '../../../../src/node/server/direct/response.ts';
import { standstill, until } from '../../../helpers/until.ts';
import { statuses } from '../_framing.ts';
import { closeAll, connectTo, longer, request, SHORT, waiting } from './_sides.ts';

afterEach(closeAll);

describe('what is sent ahead of a response', () => {
  test('is served after it, in order', async () => {
    const { server, targets, reply } = await waiting();
    const { socket, seen } = await connectTo(server);
    socket.write(request('GET /1'));
    await until('the first arrives', () => targets.length === 1);
    socket.write(request('GET /2'));
    socket.write(request('GET /3'));
    expect(await standstill(() => targets.length)).toBe(1);
    for (const at of [0, 1, 2]) {
      await until('it arrives', () => targets.length > at);
      reply(at, `body ${at}`);
    }
    await until('all are answered', () => statuses(seen.text).length === 3);
    expect(targets).toEqual(['/1', '/2', '/3']);
    expect(seen.text).toMatch(/body 0[\s\S]*body 1[\s\S]*body 2$/);
    socket.destroy();
  });

  test('may be half a request', async () => {
    const { server, targets, reply } = await waiting();
    const { socket, seen } = await connectTo(server);
    socket.write(request('GET /1'));
    await until('the first arrives', () => targets.length === 1);
    socket.write('GET /2 HTTP/1.1\r\nHo');
    await standstill(() => targets.length);
    reply(0, 'first');
    await until('it is answered', () => seen.text.endsWith('first'));
    socket.write('st: h\r\n\r\n');
    await until('the second arrives', () => targets.length === 2);
    reply(1, 'second');
    await until('it is answered', () => seen.text.endsWith('second'));
    expect(targets).toEqual(['/1', '/2']);
    socket.destroy();
  });

  test('is read up to a bound, and served all the same', async () => {
    const { server, begun, targets, reply } = await waiting();
    const { socket, seen } = await connectTo(server);
    socket.write(request('GET /1'));
    await until('the first arrives', () => targets.length === 1);
    const size = 40_000_000;
    socket.write(`PUT /2 HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
    socket.write(Buffer.alloc(size));
    const read = (): number => begun[0]?.socket?.bytesRead ?? 0;
    await until('bytes are read', () => read() > 200_000);
    // 256 KB, what the connection's own buffer takes, and a read that is under way.
    expect(await standstill(read)).toBeLessThan(450_000);
    reply(0, 'first');
    await until('the second arrives', () => targets.length === 2);
    begun[1]?.req.resume();
    await until('its body is read', () => begun[1]?.req.complete === true);
    reply(1, 'second');
    await until('it is answered', () => seen.text.endsWith('second'));
    socket.destroy();
  });

  test('ends the connection at once if it is malformed', async () => {
    const { server, begun, targets } = await waiting();
    const { socket, seen } = await connectTo(server);
    socket.write(request('GET /1'));
    await until('the first arrives', () => targets.length === 1);
    begun[0]?.writeHead(200, ['Content-Length', '10']).write(Buffer.from('half '));
    await until('it has begun', () => seen.text.endsWith('half '));
    let isGone = false;
    begun[0]?.once('close', () => {
      isGone = begun[0]?.writableFinished === false;
    });
    socket.write('GET /2 HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n');
    await until('it ends', () => seen.isClosed && isGone);
    expect(targets).toEqual(['/1']);
  });

  test('is not served if the client leaves before its response', async () => {
    const { server, begun, targets } = await waiting();
    const { socket } = await connectTo(server);
    socket.write(request('GET /1'));
    await until('the first arrives', () => targets.length === 1);
    let isGone = false;
    begun[0]?.once('close', () => {
      isGone = begun[0]?.writableFinished === false;
    });
    socket.write(request('GET /2'));
    await standstill(() => targets.length);
    socket.resetAndDestroy();
    await until('the edge knows', () => isGone);
    expect(targets).toEqual(['/1']);
  });

  test('is not served after the connection’s last response', async () => {
    const { server, begun, targets, reply } = await waiting();
    const { socket, seen } = await connectTo(server);
    socket.write(request('GET /1'));
    await until('the first arrives', () => targets.length === 1);
    socket.write(request('DELETE /2'));
    await standstill(() => targets.length);
    if (begun[0] !== undefined) begun[0].shouldKeepAlive = false;
    reply(0, 'last');
    await until('it ends', () => seen.isClosed);
    expect(seen.text).toMatch(/Connection: close\r\n\r\nlast$/);
    expect(targets).toEqual(['/1']);
  });
});

describe('the limit on a head', () => {
  // Reported by a reader of the direct connections: the edge itself had not shown the rest of the heads to Node.
  test.each([
    ['in reads that end in the middle of a head', 40, 2_000, 0],
    ['of more requests than may wait, in two parts', 200, 10, 4_001],
    ['of more bytes than are read', 100, 6_000, 0],
  ])('does not blame a client for what it has sent ahead, %s', async (_, count, size, cut) => {
    const { server, targets, reply } = await waiting(SHORT);
    let refused = 0;
    server.server.on('clientError', () => {
      refused += 1;
    });
    const { socket, seen } = await connectTo(server);
    socket.write(request('GET /1'));
    await until('the first arrives', () => targets.length === 1);
    const text = request('GET /2', `X-Long: ${'x'.repeat(size)}`).repeat(count);
    socket.write(text.slice(0, cut));
    // The second part comes within the limit.
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write(text.slice(cut));
    await longer();
    reply(0, 'first');
    await until('it is answered', () => seen.text.endsWith('first'));
    expect([refused, statuses(seen.text)]).toEqual([0, [200]]);
    await until('the others arrive', () => targets.length === 1 + count);
    socket.destroy();
  });

  // Reported by a reader of the direct connections: the response was cut after 30 seconds.
  test('does not begin with an empty line, neither ahead of a response nor between two requests', async () => {
    const { server, begun, targets, reply } = await waiting(SHORT);
    const { socket, seen } = await connectTo(server);
    socket.write(request('GET /1'));
    await until('the first arrives', () => targets.length === 1);
    socket.write('\r\n');
    await longer();
    reply(0, 'first');
    await until('it is answered', () => seen.text.endsWith('first'));
    socket.write('\r\n\r\n');
    await longer();
    socket.write(request('GET /2'));
    await until('the second arrives', () => targets.length === 2);
    expect(begun[1]).toBeInstanceOf(DirectResponse);
    reply(1, 'second');
    await until('it is answered', () => seen.text.endsWith('second'));
    expect(statuses(seen.text)).toEqual([200, 200]);
    socket.destroy();
  });

  // Reported by the same reader: the bytes before and after those that were discarded became one request.
  test('ends what is served on a connection, also if a response is still on its way', async () => {
    const { server, begun, targets } = await waiting(SHORT);
    const { socket, seen } = await connectTo(server);
    let refused = 0;
    server.server.on('clientError', () => {
      refused += 1;
    });
    socket.pause();
    socket.write(request('GET /1'));
    await until('the first arrives', () => targets.length === 1);
    const body = Buffer.alloc(20_000_000, '~');
    begun[0]?.writeHead(200, ['Content-Length', String(body.length)]).end(body);
    socket.write('DELETE /two');
    await until('it is refused', () => refused > 0);
    socket.write('-lost HTTP/1.1\r\nHost: h\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resume();
    await until('the response is read', () => seen.isClosed || seen.text.length > body.length);
    socket.write('-spliced HTTP/1.1\r\nHost: h\r\n\r\n');
    socket.end();
    await until('it ends', () => seen.isClosed);
    await standstill(() => targets.length);
    expect(targets).toEqual(['/1']);
    expect(refused).toBe(1);
  });
});

test.each<readonly [string, (end: { reply(): void; socket: Socket }) => void]>([
  ['its response', ({ reply }) => reply()],
  ['its client', ({ socket }) => void socket.destroy()],
])('the copy of what was sent ahead ends with %s', async (_, end) => {
  const { server, targets, reply } = await waiting();
  const copies: Socket[] = [];
  server.server.on('request', ({ socket, url }) => {
    if (url === '/copied' && !isDirect(socket) && socket.remoteAddress === undefined) copies.push(socket);
  });
  const { socket } = await connectTo(server);
  socket.write(request('GET /1'));
  await until('the first arrives', () => targets.length === 1);
  socket.write(request('GET /copied'));
  await until('the copy arrives', () => copies.length === 1);
  expect(copies[0]?.destroyed).toBe(false);
  end({ reply: () => reply(0, 'x'), socket });
  await until('it ends', () => copies[0]?.destroyed === true);
  socket.destroy();
});

test('the copy ends with the first request that could not wait', async () => {
  const { server, targets } = await waiting();
  const copies = new Set<Socket>();
  server.server.on('request', ({ socket }) => {
    if (socket.remoteAddress === undefined) copies.add(socket);
  });
  const { socket } = await connectTo(server);
  socket.write(request('GET /1'));
  await until('the first arrives', () => targets.length === 1);
  socket.write(request('GET /2').repeat(200));
  await until('the copy ends', () => [...copies].some(({ destroyed }) => destroyed));
  expect([copies.size, targets]).toEqual([1, ['/1']]);
  socket.destroy();
});
