import type { RequestListener } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { type Read, readByFetch, readUncached } from '../../src/bucket/read.ts';
import { createPools } from '../../src/node/transport/pools.ts';
import { readByPools } from '../../src/node/transport/small-read.ts';
import { TRANSPORT } from '../helpers/transport.ts';
import { sends, useServer } from '../rules/_server.ts';

const { pools, close } = createPools({ transport: TRANSPORT });
afterAll(close);

const server = useServer();
/** The requests of a test, one line each. */
const seen = () =>
  server.seen.map(
    ({ method, url, headers }) => `${method} ${url} ${headers.host} ${headers['x-signed'] ?? ''}`,
  );
const limits = (maxBytes = 65_536) => ({ maxBytes, signal: AbortSignal.timeout(4000) });

describe.each<[string, Read]>([
  ['fetch', readByFetch],
  ['fetch with no-store', readUncached],
  ['pools', readByPools(pools)],
])('reading a small answer by %s', (_, read) => {
  test('returns status, headers and text, and sends the given headers', async () => {
    server.answer = sends(404, 'gone', { 'X-There': 'yes' });
    const found = await read(
      `${server.url()}/b/?cors`,
      ['Host', new URL(server.url()).host, 'X-Signed', 'so'],
      limits(),
    );
    expect(found).toMatchObject({ status: 404, text: 'gone' });
    expect(found.headers.get('x-there')).toBe('yes');
    expect(seen()).toEqual([`GET /b/?cors ${new URL(server.url()).host} so`]);
  });

  test.each([
    ['no body', 204, ''],
    ['an empty body', 200, ''],
    ['text beyond ASCII', 200, 'grüße 日本'],
  ])('returns the text of an answer with %s', async (_, status, text) => {
    server.answer = sends(status, text);
    expect(await read(server.url(), [], limits())).toMatchObject({ status, text });
  });

  test('accepts maxBytes bytes and rejects one more', async () => {
    server.answer = sends(200, 'x'.repeat(1000));
    expect((await read(server.url(), [], limits(1000))).text).toHaveLength(1000);
    await expect(read(server.url(), [], limits(999))).rejects.toThrow(RangeError);
    await expect(read(server.url(), [], limits(999))).rejects.toThrow('longer than 999 bytes');
  });

  test('counts bytes, not characters', async () => {
    server.answer = sends(200, 'ü'.repeat(10));
    await expect(read(server.url(), [], limits(19))).rejects.toThrow(RangeError);
  });

  test('cancels an answer without an end at maxBytes', async () => {
    let ended = false;
    server.answer = (_, response) => {
      response.writeHead(200);
      const pump = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', pump).once('close', () => {
        ended = true;
      });
      pump();
    };
    await expect(read(server.url(), [], limits())).rejects.toThrow(RangeError);
    await expect.poll(() => ended).toBe(true);
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['identity', Buffer.from],
  ] as [string, (text: string) => Buffer][])('decodes the Content-Encoding %s', async (coding, pack) => {
    server.answer = sends(200, pack('as it was'), { 'Content-Encoding': coding });
    expect((await read(server.url(), [], limits())).text).toBe('as it was');
  });

  test('counts the decoded bytes of gzip', async () => {
    server.answer = sends(200, gzipSync(Buffer.alloc(10_000_000)), { 'Content-Encoding': 'gzip' });
    await expect(read(server.url(), [], limits())).rejects.toThrow(RangeError);
  });

  test.each([301, 302, 303, 307, 308])('does not follow a redirect with status %i', async (status) => {
    server.answer = sends(status, '', { Location: `${server.url()}/elsewhere` });
    expect((await read(`${server.url()}/here`, [], limits())).status).toBe(status);
    expect(seen()).toHaveLength(1);
  });

  test.each([
    ['the head does not come', () => undefined],
    ['the body does not end', (_, response) => void response.writeHead(200).write('begin')],
  ] as [string, RequestListener][])('rejects with the reason of the signal when %s', async (_, silent) => {
    server.answer = silent;
    const late = new AbortController();
    const reading = read(server.url(), [], { maxBytes: 10, signal: late.signal });
    const failed = expect(reading).rejects.toThrow('time is up');
    await expect.poll(() => seen().length).toBe(1);
    late.abort(new Error('time is up'));
    await failed;
  });
});

describe('reading by pools', () => {
  const read = readByPools(pools);

  test.each([
    ['/a%2Fb/../?cors&x=%zz+%c3', '/a%2Fb/../?cors&x=%zz+%c3'],
    ['/ü?cors', '/%C3%BC?cors'],
    ['/?cors#part', '/?cors'],
    ['?cors', '/?cors'],
    ['', '/'],
  ])('requests the URL %j as the target %s', async (written, target) => {
    server.answer = sends(200);
    await read(server.url() + written, [], limits());
    expect(seen()[0]).toContain(`GET ${target} `);
  });

  test('retries when the server closes a connection between two requests', async () => {
    let requests = 0;
    server.answer = (incoming, response) => {
      requests += 1;
      if (requests === 2) incoming.socket.destroy();
      else response.end('here');
    };
    await read(server.url(), [], limits());
    expect((await read(server.url(), [], limits())).text).toBe('here');
    expect(requests).toBe(3);
  });

  test('rejects an unknown Content-Encoding', async () => {
    server.answer = sends(200, 'x', { 'Content-Encoding': 'compress' });
    await expect(read(server.url(), [], limits())).rejects.toThrow(
      'its Content-Encoding compress is not known here',
    );
  });
});
