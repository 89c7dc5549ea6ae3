import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { isDirect } from '../../../../src/node/server/direct/connection.ts';
import { DirectResponse } from '../../../../src/node/server/direct/response.ts';
import { readHead } from '../../../../src/node/server/head.ts';
import type { ClientTimeouts, Handler } from '../../../../src/node/server/http-server.ts';
import type { Listening } from '../../../../src/node/server/listen.ts';
import { openExchange } from '../../../../src/node/transport/exchange.ts';
import { createPools } from '../../../../src/node/transport/pools.ts';
import { standstill, until } from '../../../helpers/until.ts';
import { statuses } from '../_framing.ts';
import { answer, connectTo, exchange, open, request } from './_sides.ts';

const servers: Listening[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(0);
});

async function opened(isDirect: boolean, handler?: Handler, timeouts?: ClientTimeouts): Promise<Listening> {
  const server = await open(isDirect, handler, timeouts);
  servers.push(server);
  return server;
}

const END = request('GET /text?end');
const ENDS = /x-id: 1\r\n(?:[^\r\n]+\r\n)*\r\nok$/;

describe('the same bytes as from Node', () => {
  const TARGETS = [
    ...[
      '/text',
      '/utf8',
      '/bytes',
      '/parts',
      '/chunks',
      '/unsized',
      '/large',
      '/dated',
      '/200',
      '/204',
      '/205',
    ],
    ...['/304', '/416', '/299', '/599'],
  ];

  test.each(TARGETS.flatMap((target) => ['GET', 'HEAD', 'OPTIONS'].map((method) => `${method} ${target}`)))(
    'answer %s, and the next request',
    async (line) => {
      // The second request has to wait: its answer ends the text of both.
      const texts = [request(line), END];
      const isWhole = (text: string, sent: number): boolean =>
        sent === 1 ? text.includes('\r\n\r\n') : ENDS.test(text);
      const [direct, byNode] = await Promise.all([
        exchange(await opened(true), texts, isWhole),
        exchange(await opened(false), texts, isWhole),
      ]);
      expect(direct).toBe(byNode);
      expect(direct).toMatch(/Connection: keep-alive\r\nKeep-Alive: timeout=65\r\n/);
    },
  );

  test('end the connection after a response that says so', async () => {
    const texts = [request('GET /text'), request('GET /last')];
    const isWhole = (text: string, sent: number): boolean => sent === 1 && ENDS.test(text);
    const direct = await exchange(await opened(true), texts, isWhole);
    expect(direct).toBe(await exchange(await opened(false), texts, isWhole));
    expect(direct).toMatch(/Connection: close\r\n\r\nok$/);
  });
});

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

/** A server whose responses the test begins and ends. */
async function waiting(timeouts?: ClientTimeouts) {
  const begun: Parameters<Handler>[1][] = [];
  const targets: string[] = [];
  const server = await opened(
    true,
    ({ url = '' }, outgoing) => {
      targets.push(url);
      begun.push(outgoing);
    },
    timeouts,
  );
  const reply = (at: number, text: string): void => {
    begun[at]?.writeHead(200, ['Content-Length', String(text.length)]).end(text);
  };
  return { server, begun, targets, reply };
}

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

/** Milliseconds for a head. */
const HEADERS = 150;
const SHORT: ClientTimeouts = { headers: HEADERS, idle: 60_000, keepAlive: 60_000 };
const longer = () => new Promise((resolve) => setTimeout(resolve, 5 * HEADERS));

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
    socket.on('end', () => socket.end());
    await until('it ends', () => seen.isClosed);
    clearInterval(timer);
    expect([statuses(seen.text), targets]).toEqual([[408], []]);
  });

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

test('a response has one head, and no body before it', async () => {
  const thrown: string[] = [];
  const note = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      thrown.push((error as Error).message);
    }
  };
  const server = await opened(true, (_, outgoing) => {
    note(() => outgoing.write(Buffer.from('early')));
    note(() => outgoing.end('early'));
    note(() => outgoing.writeHead(102, []));
    note(() => outgoing.writeHead(200.5, []));
    note(() => outgoing.writeHead(200, ['x-odd']));
    outgoing.writeHead(200, ['x-id', '1', 'Content-Length', '2']);
    note(() => outgoing.writeHead(500, []));
    outgoing.end('ok');
    note(() => outgoing.writeHead(500, []));
    expect(outgoing.write(Buffer.from('late'))).toBe(false);
    outgoing.end('late');
  });
  const text = await exchange(server, [END], (so) => ENDS.test(so));
  expect(statuses(text)).toEqual([200]);
  expect(text).toMatch(ENDS);
  expect(thrown).toHaveLength(7);
});

test('a client that reads nothing delays its response: `write` says so, and `drain` when it goes on', async () => {
  const { server, begun, targets } = await waiting();
  const { socket, seen } = await connectTo(server);
  socket.pause();
  socket.write(request('GET /1'));
  await until('it arrives', () => targets.length === 1);
  const [outgoing] = begun;
  outgoing?.writeHead(200, []);
  let written = 0;
  let drained = 0;
  const part = Buffer.alloc(256 * 1024, '~');
  while (outgoing?.write(part)) written += 1;
  expect(written).toBeLessThan(200);
  outgoing?.once('drain', () => {
    drained += 1;
  });
  expect(await standstill(() => drained)).toBe(0);
  socket.resume();
  await until('it goes on', () => drained === 1);
  outgoing?.end();
  await until('the response is whole', () => seen.text.endsWith('\r\n0\r\n\r\n'));
  expect(seen.text.split('~').length - 1).toBe((written + 1) * part.length);
  socket.destroy();
});

test.each([
  ['a line end in a value', 200, ['x-a', 'a\r\nSet-Cookie: b=c']],
  ['a blank in a name', 200, ['x a', 'b']],
  ['a status beyond 999', 1000, ['x-a', 'b']],
  ['a status below 100', 99, ['x-a', 'b']],
])('%s is refused as by Node, and another head can be sent', async (_, status, headers) => {
  const thrown: unknown[] = [];
  const handler: Handler = (__, outgoing) => {
    try {
      outgoing.writeHead(status, [...headers]);
    } catch (error) {
      thrown.push(error);
    }
    expect(outgoing.headersSent).toBe(false);
    outgoing.writeHead(200, ['x-id', '1', 'Content-Length', '2']).end('ok');
  };
  const texts = [END];
  const direct = await exchange(await opened(true, handler), texts, (text) => ENDS.test(text));
  expect(direct).toBe(await exchange(await opened(false, handler), texts, (text) => ENDS.test(text)));
  expect(thrown).toHaveLength(2);
  expect((thrown[0] as Error).message).toBe((thrown[1] as Error).message);
});

test('headers about the connection are left out', async () => {
  const server = await opened(true, (_, outgoing) => {
    outgoing.writeHead(200, [
      'Connection',
      'close',
      'Keep-Alive',
      'timeout=1',
      'x-id',
      '1',
      'Content-Length',
      '2',
    ]);
    outgoing.end('ok');
  });
  const text = await exchange(server, [END], (so) => ENDS.test(so));
  expect(text.match(/^(?:Connection|Keep-Alive): .*$/gim)).toEqual([
    'Connection: keep-alive',
    'Keep-Alive: timeout=65',
  ]);
});
