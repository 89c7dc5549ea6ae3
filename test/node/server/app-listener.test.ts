import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDemo } from '../../../src/node/demo/server.ts';
import { call, rawly, value } from '../../helpers/client.ts';
import { openWire } from '../../helpers/wire.ts';
import { configOf, startEdge } from '../_running.ts';
import { lines, statuses } from './_framing.ts';

interface Opened {
  readonly url: string;
  close(): Promise<void>;
}

/** The plain apps, and a path and a POST of each. */
const APPS: readonly { name: string; get: string; post: string; open(): Promise<Opened> }[] = [
  {
    name: 'the admin port',
    get: '/healthz',
    post: '/refresh',
    open: async () => {
      const { adminUrl, close } = await startEdge(configOf({ bucket: 'http://127.0.0.1:1', drain: '0' }));
      return { url: adminUrl, close };
    },
  },
  {
    name: 'the demo page',
    get: '/icon.svg',
    post: '/wire',
    open: () =>
      openDemo({
        host: '127.0.0.1',
        port: 0,
        edge: 'http://127.0.0.1:1',
        admin: '',
        version: () => null,
        explain: () => null,
      }),
  },
];

describe.each(APPS)('$name', ({ get, post, open }) => {
  let app: Opened;
  beforeAll(async () => {
    app = await open();
  });
  afterAll(() => app.close());
  const ask = (text: string) => rawly(app.url, text);
  const asked = (...headers: string[]) => lines(`GET ${get} HTTP/1.1`, ...headers, 'Connection: close');

  test.each<readonly [string, () => string, number]>([
    ['HTTP/1.0 without Host', () => lines(`GET ${get} HTTP/1.0`), 200],
    ['HTTP/1.0 with Host', () => lines(`GET ${get} HTTP/1.0`, 'Host: localhost'), 200],
    ['HTTP/1.1 with an empty Host', () => asked('Host:'), 200],
    ['HTTP/1.1 under localhost', () => asked('Host: localhost:8081'), 200],
    ['HTTP/1.1 under an IPv6 address', () => asked('Host: [::1]:8081'), 200],
    ['HTTP/1.1 without Host', () => asked(), 400],
    ['two Hosts', () => asked('Host: localhost', 'Host: localhost'), 400],
    ['an invalid Host', () => asked('Host: a b'), 400],
    ['a stranger’s Host', () => asked('Host: evil.test'), 403],
    ['a stranger’s Host in HTTP/1.0', () => lines(`GET ${get} HTTP/1.0`, 'Host: evil.test'), 403],
    [
      'an absolute target',
      () => lines(`GET http://localhost${get} HTTP/1.1`, 'Host: a', 'Connection: close'),
      200,
    ],
    [
      'a stranger’s absolute target',
      () => lines(`GET http://evil.test${get} HTTP/1.1`, 'Host: localhost', 'Connection: close'),
      403,
    ],
    [
      'an absolute target without Host',
      () => lines(`GET http://localhost${get} HTTP/1.1`, 'Connection: close'),
      400,
    ],
    [
      'an invalid target',
      () => lines(`GET ${get.slice(1)} HTTP/1.1`, 'Host: localhost', 'Connection: close'),
      400,
    ],
    ['HTTP/2.0 on a request line', () => lines(`GET ${get} HTTP/2.0`, 'Host: localhost'), 400],
    [
      'a long target',
      () => lines(`GET ${get}?${'x'.repeat(9_000)} HTTP/1.1`, 'Host: localhost', 'Connection: close'),
      414,
    ],
    ['17 KB of headers', () => asked('Host: localhost', `X-Long: ${'x'.repeat(17_000)}`), 431],
    [
      '101 header lines',
      () => asked('Host: localhost', ...Array.from({ length: 100 }, (_, at) => `X-${at}: 1`)),
      431,
    ],
    [
      'a header that some servers read as framing',
      () => asked('Host: localhost', 'Transfer_Encoding: chunked'),
      400,
    ],
    [
      'a body in another coding',
      () => lines(`POST ${post} HTTP/1.1`, 'Host: localhost', 'Transfer-Encoding: gzip, chunked'),
      501,
    ],
    ['a coded body in HTTP/1.0', () => lines(`POST ${post} HTTP/1.0`, 'Transfer-Encoding: chunked'), 400],
  ])('answers %s as the public port does', async (_, text, status) => {
    expect(statuses(await ask(text()))).toEqual([status]);
  });

  test('sends nosniff and no-store with every response', async () => {
    for (const target of [get, '/none', `/${'x'.repeat(9_000)}`]) {
      for (const headers of [[], ['Host', 'evil.test']]) {
        const answered = await call(app.url, { target, headers });
        expect(value(answered, 'x-content-type-options')).toBe('nosniff');
        expect(value(answered, 'cache-control')).toBe('no-store');
      }
    }
  });

  test('names the accepted hosts when it refuses one', async () => {
    const answered = await call(app.url, { target: get, headers: ['Host', 'evil.test'] });
    expect(JSON.parse(String(answered.body)).error).toContain(
      'ask for localhost or an address, or name the host',
    );
  });

  test('answers pipelined requests in order, each once', async () => {
    const one = (target: string) => lines(`GET ${target} HTTP/1.1`, 'Host: localhost');
    const answered = await ask(one(get) + one('/none') + one(get) + asked('Host: evil.test'));
    expect(statuses(answered)).toEqual([200, 404, 200, 403]);
  });

  test('serves no request after a connection’s last response', async () => {
    const next = lines(`GET ${get} HTTP/1.1`, 'Host: localhost');
    expect(statuses(await ask(asked('Host: localhost') + next))).toHaveLength(1);
    expect(statuses(await ask(lines(`GET ${get} HTTP/1.1`) + next))).toEqual([400]);
  });

  test('sends 100 before the response to a client that waits for it, but not to HTTP/1.0', async () => {
    const expecting = (version: string) =>
      `${lines(`POST ${post} HTTP/${version}`, 'Host: localhost', 'Content-Length: 2', 'Expect: 100-continue')}{}`;
    expect(statuses(await ask(expecting('1.1')))[0]).toBe(100);
    expect(statuses(await ask(expecting('1.0')))).not.toContain(100);
  });

  test('discards a body that the app does not read, and answers the next request on that connection', async () => {
    const wire = openWire(app.url);
    const length = 200_000;
    await wire.send(
      lines(
        `POST ${post} HTTP/1.1`,
        'Host: localhost',
        'Content-Type: application/json',
        `Content-Length: ${length}`,
      ),
    );
    await wire.send('x'.repeat(length / 2));
    const first = await wire.answer('POST');
    expect(first.status).toBeGreaterThanOrEqual(200);
    await new Promise((resolve) => setTimeout(resolve, 700));
    await wire.send('x'.repeat(length / 2));
    await wire.send(lines(`GET ${get} HTTP/1.1`, 'Host: localhost'));
    expect((await wire.answer('GET')).status).toBe(200);
    wire.socket.destroy();
  });
});
