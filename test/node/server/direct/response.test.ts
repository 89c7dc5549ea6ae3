import { afterEach, describe, expect, test } from 'vitest';
import type { Handler } from '../../../../src/node/server/http-server.ts';
import { standstill, until } from '../../../helpers/until.ts';
import { statuses } from '../_framing.ts';
import { closeAll, connectTo, END, ENDS, exchange, opened, request, waiting } from './_sides.ts';

afterEach(closeAll);

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
