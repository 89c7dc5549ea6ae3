import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Read, readByFetch, readUncached } from '../../src/bucket/read.ts';
import { createPools } from '../../src/node/pools.ts';
import { readByPools } from '../../src/node/read.ts';

const { pools, close } = createPools();

let server: Server;
let base = '';
let answer: RequestListener = () => undefined;
let seen: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(
      `${request.method} ${request.url} ${request.headers.host} ${request.headers['x-signed'] ?? ''}`,
    );
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen = [];
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await close();
});

const sends =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(body);
const limits = (maxBytes = 65_536) => ({ maxBytes, signal: AbortSignal.timeout(4000) });

describe.each<[string, Read]>([
  ['fetch', readByFetch],
  ['fetch past caches', readUncached],
  ['kept connections', readByPools(pools)],
])('reading a small answer by %s', (_, read) => {
  test('gives status, headers and text, and sends what it was told', async () => {
    answer = sends(404, 'gone', { 'X-There': 'yes' });
    const found = await read(`${base}/b/?cors`, ['Host', new URL(base).host, 'X-Signed', 'so'], limits());
    expect(found).toMatchObject({ status: 404, text: 'gone' });
    expect(found.headers.get('x-there')).toBe('yes');
    expect(seen).toEqual([`GET /b/?cors ${new URL(base).host} so`]);
  });

  test.each([
    ['no body', 204, ''],
    ['an empty body', 200, ''],
    ['text beyond ASCII', 200, 'grüße 日本'],
  ])('%s', async (_, status, text) => {
    answer = sends(status, text);
    expect(await read(base, [], limits())).toMatchObject({ status, text });
  });

  test('takes as many bytes as are allowed and not one more', async () => {
    answer = sends(200, 'x'.repeat(1000));
    expect((await read(base, [], limits(1000))).text).toHaveLength(1000);
    await expect(read(base, [], limits(999))).rejects.toThrow(RangeError);
    await expect(read(base, [], limits(999))).rejects.toThrow('longer than 999 bytes');
  });

  test('counts bytes, not letters', async () => {
    answer = sends(200, 'ü'.repeat(10));
    await expect(read(base, [], limits(19))).rejects.toThrow(RangeError);
  });

  test('stops an endless answer', async () => {
    let ended = false;
    answer = (_, response) => {
      response.writeHead(200);
      const pump = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', pump).once('close', () => {
        ended = true;
      });
      pump();
    };
    await expect(read(base, [], limits())).rejects.toThrow(RangeError);
    await expect.poll(() => ended).toBe(true);
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['identity', Buffer.from],
  ] as [string, (text: string) => Buffer][])('unpacks %s', async (coding, pack) => {
    answer = sends(200, pack('as it was'), { 'Content-Encoding': coding });
    expect((await read(base, [], limits())).text).toBe('as it was');
  });

  test('counts what gzip unpacks to', async () => {
    answer = sends(200, gzipSync(Buffer.alloc(10_000_000)), { 'Content-Encoding': 'gzip' });
    await expect(read(base, [], limits())).rejects.toThrow(RangeError);
  });

  test.each([301, 302, 303, 307, 308])('does not follow %i', async (status) => {
    answer = sends(status, '', { Location: `${base}/elsewhere` });
    expect((await read(`${base}/here`, [], limits())).status).toBe(status);
    expect(seen).toHaveLength(1);
  });

  test.each([
    ['the head does not come', () => undefined],
    ['the body does not end', (_, response) => void response.writeHead(200).write('begin')],
  ] as [string, RequestListener][])('ends at the signal when %s', async (_, silent) => {
    answer = silent;
    const late = new AbortController();
    const reading = read(base, [], { maxBytes: 10, signal: late.signal });
    const failed = expect(reading).rejects.toThrow('time is up');
    await expect.poll(() => seen.length).toBe(1);
    late.abort(new Error('time is up'));
    await failed;
  });
});

describe('kept connections', () => {
  const read = readByPools(pools);

  test.each([
    ['/a%2Fb/../?cors&x=%zz+%c3', '/a%2Fb/../?cors&x=%zz+%c3'],
    ['/ü?cors', '/%C3%BC?cors'],
    ['/?cors#part', '/?cors'],
    ['?cors', '/?cors'],
    ['', '/'],
  ])('ask for %j as %s', async (written, target) => {
    answer = sends(200);
    await read(base + written, [], limits());
    expect(seen[0]).toContain(`GET ${target} `);
  });

  test('ask again where the other side closed one between two requests', async () => {
    let asked = 0;
    answer = (incoming, response) => {
      asked += 1;
      if (asked === 2) incoming.socket.destroy();
      else response.end('here');
    };
    await read(base, [], limits());
    expect((await read(base, [], limits())).text).toBe('here');
    expect(asked).toBe(3);
  });

  test('refuse a coding that they do not know', async () => {
    answer = sends(200, 'x', { 'Content-Encoding': 'compress' });
    await expect(read(base, [], limits())).rejects.toThrow('its Content-Encoding compress is not known here');
  });
});
