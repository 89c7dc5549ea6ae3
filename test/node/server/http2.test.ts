import { once } from 'node:events';
import { constants } from 'node:http2';
import { connect as secureConnect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { call, values } from '../../helpers/client.ts';
import { answerOn, beginH2, callH2 } from '../../helpers/h2.ts';
import { MUCH, pour } from '../../helpers/pour.ts';
import { CA } from '../../helpers/tls.ts';
import { standstill, until } from '../../helpers/until.ts';
import { useHttp2 } from './_http2.ts';

const { edge, session, asked } = useHttp2();

describe('a client', () => {
  test('that supports HTTP/2 gets it', () => {
    expect(session().alpnProtocol).toBe('h2');
  });

  test.each([
    ['speaks HTTP/1.1', ['http/1.1']],
    ['names no protocol', undefined],
  ])('that %s gets HTTP/1.1', async (_, protocols) => {
    const { port } = new URL(edge().url);
    const socket = secureConnect({
      port: Number(port),
      ca: CA,
      servername: 'localhost',
      ...(protocols && { ALPNProtocols: protocols }),
    });
    socket.write('GET /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    const [first] = await once(socket, 'data');
    expect(String(first)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    socket.destroy();
  });
});

describe('a request', () => {
  test('reaches the bucket as HTTP/1.1, byte for byte', async () => {
    const path = '/a%2Fb/%7e+c//d?x=%2B+&y';
    await callH2(session(), { ':path': path, 'x-a': '1', te: 'trailers' });
    const { method, target, headers } = asked();
    expect([method, target]).toEqual(['GET', path]);
    expect(values({ headers }, 'host')).toEqual([edge().bucket.host]);
    expect(values({ headers }, 'x-a')).toEqual(['1']);
    expect(values({ headers }, 'x-forwarded-proto')).toEqual(['https']);
    expect(headers.filter((name, at) => at % 2 === 0 && /^(:|te$)/.test(name))).toEqual([]);
  });

  test('has its cookies in one header (RFC 9113 §8.2.3)', async () => {
    await callH2(session(), { cookie: ['a=1', 'b=2', 'c=3'] });
    expect(values(asked(), 'cookie')).toEqual(['a=1; b=2; c=3']);
  });

  test.each([
    [':authority', { ':authority': 'other.test' }],
    ['Host, where there is no :authority', { host: 'other.test' }],
    ['both, where they say the same', { ':authority': 'other.test', host: 'Other.test' }],
    ['both, in two spellings', { ':authority': 'OTHER.test.', host: 'other.test:443' }],
    ['both, with a port', { ':authority': 'other.test.:8443', host: 'other.test:08443' }],
  ])('finds its bucket by %s', async (_, headers) => {
    const other = edge().bucketNamed('other');
    other.reset();
    expect((await callH2(session(), { ':path': '/key', ...headers })).status).toBe(200);
    expect(other.asked).toHaveLength(1);
  });

  test.each([
    ['a Host that names another place than :authority', { ':authority': 'a.test', host: 'other.test' }],
    ['a Host with another port than :authority', { ':authority': 'a.test', host: 'a.test:80' }],
    ['a line break in its path', { ':path': '/a HTTP/1.1\r\nX-Injected: c' }],
    ['a blank in its method', { ':method': 'GET /x HTTP/1.1' }],
    ['two lengths', ['content-length', '1', 'content-length', '2']],
  ])('with %s is refused, and the bucket sees nothing', async (_, headers) => {
    const stream = session().request(
      (Array.isArray(headers) ? [':path', '/', ...headers] : headers) as Parameters<
        ReturnType<typeof session>['request']
      >[0],
    );
    stream.on('error', () => {});
    await expect(answerOn(stream)).rejects.toThrow('no answer');
    expect(edge().bucket.asked).toEqual([]);
  });

  test('with a line break in a value is served without that header', async () => {
    await callH2(session(), { ':path': '/key', 'x-a': 'b\r\nX-Injected: c' });
    expect(asked().headers.join()).not.toMatch(/x-a|injected/i);
  });

  test('with more headers than the edge accepts gets an error', async () => {
    const { status, headers } = await callH2(session(), {
      'x-long': 'a'.repeat(20_000),
      origin: 'https://a',
    });
    expect(status).toBe(431);
    expect(headers['content-type']).toBe('application/xml');
  });
});

describe('a response', () => {
  test('carries the CORS headers and nothing that belongs to a connection', async () => {
    edge().bucket.script = {
      status: 200,
      headers: ['Keep-Alive', 'timeout=5', 'HTTP2-Settings', 'AA', 'ETag', '"e"', 'X-Empty', ''],
      body: 'the object',
    };
    const { headers, body, complete } = await callH2(session(), {
      ':path': '/key',
      origin: 'https://a.example',
    });
    expect(headers).toMatchObject({ ':status': 200, etag: '"e"', 'x-empty': '', vary: 'Origin' });
    expect(headers['access-control-allow-origin']).toBe('https://a.example');
    expect(
      Object.keys(headers).filter((name) => /^(connection|keep-alive|http2|transfer)/.test(name)),
    ).toEqual([]);
    expect([body.toString(), complete]).toEqual(['the object', true]);
  });

  test('repeats headers that the bucket sent twice', async () => {
    const headers = ['Set-Cookie', 'a=1', 'ETag', '"1"', 'Set-Cookie', 'b=2', 'ETag', '"2"'];
    edge().bucket.script = { status: 200, headers };
    const { raw } = await callH2(session(), { ':path': '/key' });
    expect(values({ headers: raw }, 'set-cookie')).toEqual(['a=1', 'b=2']);
    expect(values({ headers: raw }, 'etag')).toEqual(['"1"', '"2"']);
  });

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('to %s with %i has no body and all its headers', async (method, status) => {
    edge().bucket.script = {
      status,
      headers: ['ETag', '"e"', ...(status === 200 ? ['Content-Length', '10'] : [])],
    };
    const { headers, body, complete } = await callH2(session(), { ':path': '/key', ':method': method });
    expect(headers).toMatchObject({ ':status': status, etag: '"e"' });
    expect(headers['content-length']).toBe(status === 200 ? '10' : undefined);
    expect([body.length, complete]).toEqual([0, true]);
  });

  test('to a preflight is the edge’s own', async () => {
    const { status, headers } = await callH2(session(), {
      ':method': 'OPTIONS',
      ':path': '/key',
      origin: 'https://a.example',
      'access-control-request-method': 'GET',
    });
    expect([status, headers['access-control-allow-origin']]).toEqual([200, 'https://a.example']);
    expect(edge().bucket.asked).toEqual([]);
  });

  test('with a status that HTTP/2 forbids is 502', async () => {
    edge().bucket.script = { status: 799 };
    expect((await callH2(session(), { ':path': '/key' })).status).toBe(502);
  });

  test('of a bucket that closes without one is 502, on a connection that stays open', async () => {
    edge().bucket.script = (_asked, { socket }) => socket.destroy();
    expect((await callH2(session(), { ':path': '/key' })).status).toBe(502);
    edge().bucket.reset();
    expect((await callH2(session(), { ':path': '/key' })).status).toBe(200);
  });

  test.each([
    ['with a length', 'Content-Length: 10', 'begun'],
    ['in chunks', 'Transfer-Encoding: chunked', '5\r\nbegun\r\n'],
    ['without a length', 'Connection: close', 'begun'],
  ])('%s that its bucket breaks off is a stream that was reset', async (_, head, begun) => {
    edge().bucket.script = (_asked, { socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${begun}`);
    };
    const stream = beginH2(session(), { ':path': '/key' });
    const answer = answerOn(stream);
    stream.end();
    await once(stream, 'data');
    edge().bucket.breakOff();
    const { body, complete } = await answer;
    expect([body.toString(), complete]).toEqual(['begun', false]);
    expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    edge().bucket.reset();
    expect((await callH2(session(), { ':path': '/key' })).status, 'the next').toBe(200);
  });

  test('to a slow reader is not read far ahead from the bucket', async () => {
    let written = () => 0;
    edge().bucket.script = (_asked, _incoming, outgoing) => {
      outgoing.writeHead(200, ['Content-Length', String(MUCH)]);
      written = pour(outgoing);
    };
    const stream = beginH2(session(), { ':path': '/key' });
    stream.end();
    await once(stream, 'response');
    await until('the bucket has begun', () => written() > 0);
    expect(await standstill(written)).toBeLessThan(MUCH / 2);
    const { body, complete } = await answerOn(resumed(stream));
    expect([body.length, complete]).toEqual([MUCH, true]);
  });
});

/** `answerOn` waits for a head, which has arrived before. */
function resumed(stream: ReturnType<typeof beginH2>) {
  setImmediate(() => stream.emit('response', { ':status': 200 }, 0, []));
  return stream;
}

test('the same edge serves an HTTP/1.1 client and an HTTP/2 client', async () => {
  const [old, current] = await Promise.all([
    call(edge().url, { target: '/old' }),
    callH2(session(), { ':path': '/new' }),
  ]);
  expect([old.status, current.status]).toEqual([200, 200]);
});
