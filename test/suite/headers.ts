import { describe, expect, test } from 'vitest';
import { call, corsHeaders, rawly, value, values } from '../helpers/client.ts';
import type { Edge, Runtime } from './runtime.ts';
import { testOn, useEdge } from './runtime.ts';
import { A, ONE_ORIGIN, ONE_ORIGIN_HEADERS } from './sets.ts';

/** The headers of the one request that reached the bucket. */
function asked(edge: Edge): { headers: readonly string[] } {
  const [first, ...more] = edge.bucket.asked;
  if (first === undefined || more.length > 0)
    throw new Error(`the bucket was asked ${more.length} times more`);
  return first;
}

const KEPT: readonly [name: string, value: string][] = [
  ['Authorization', 'OSS ak:c2lnbmF0dXJl'],
  ['Range', 'bytes=0-3'],
  ['If-Range', '"abc"'],
  ['If-None-Match', '"abc", W/"d"'],
  ['Cookie', 'a=1; b=2'],
  ['User-Agent', 'a client/1.0'],
  ['Accept-Encoding', 'gzip;q=0.5, br'],
  ['Content-MD5', 'eB5eJF1ptWaXm4bijSPyxw=='],
  ['x-oss-security-token', 'token'],
];

const DROPPED = [
  ['Origin', A],
  ['Access-Control-Request-Method', 'PUT'],
  ['Access-Control-Request-Headers', 'x-oss-a'],
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Connection', 'keep-alive'],
  ['Proxy-Authorization', 'Basic c2VjcmV0'],
  ['TE', 'trailers'],
  ['Upgrade', 'h2c'],
] as const;

const CORS_OF_THE_BUCKET = [
  ['Access-Control-Allow-Origin', '*'],
  ['access-control-allow-credentials', 'true'],
  ['ACCESS-CONTROL-EXPOSE-HEADERS', 'x-secret'],
  ['Access-Control-Max-Age', '1'],
  ['Access-Control-Allow-Private-Network', 'true'],
  ['Access-Control-Something-New', 'yes'],
] as const;

/** What a bucket could make a proxy in front of the edge do. */
const COMMANDS = [
  ['X-Accel-Redirect', '/internal/secret'],
  ['x-accel-expires', '3600'],
  ['X-ACCEL-BUFFERING', 'no'],
  ['X-Sendfile', '/etc/passwd'],
  ['X-LIGHTTPD-send-file', '/etc/passwd'],
  ['X-LiteSpeed-Location', '/internal/secret'],
  ['X-Reproxy-URL', 'http://169.254.169.254/'],
  ['X-Envoy-Immediate-Health-Check-Fail', 'true'],
] as const;

export function addRequestHeaderTests(runtime: Runtime): void {
  describe('headers on their way to the bucket', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });

    test.each(KEPT)('%s passes', async (name, text) => {
      await call(edge().url, { target: '/key', headers: [name, text] });
      expect(value(asked(edge()), name)).toBe(text);
    });

    test.each(DROPPED)('%s stays here', async (name, text) => {
      const answered = await call(edge().url, { target: '/key', headers: [name, text] });
      expect(answered.status).toBe(200);
      expect(values(asked(edge()), name)).toEqual([]);
    });

    test('Host becomes the bucket’s own', async () => {
      await call(edge().url, { target: '/key', headers: ['Host', 'cdn.example'] });
      expect(value(asked(edge()), 'host')).toBe(edge().bucket.host);
    });

    testOn(runtime, 'raw heads')('case, order, repetition and bytes stay', async () => {
      const own = ['X-B', '1', 'x-a', 'caf\u00c3\u00a9 \u00ff', 'X-B', '2', 'aCCept', '*/*', 'X-Empty', ''];
      await call(edge().url, { target: '/key', headers: own });
      const { headers } = asked(edge());
      const first = headers.indexOf('X-B');
      expect(headers.slice(first, first + own.length)).toEqual(own);
    });

    test('names keep their case', async () => {
      await call(edge().url, {
        target: '/key',
        headers: ['X-My-Name', '1', 'Content-MD5', 'x', 'aCCept', '*/*'],
      });
      expect(asked(edge()).headers).toEqual(expect.arrayContaining(['X-My-Name', 'Content-MD5']));
    });

    test('repetition and bytes stay', async () => {
      const own = ['X-B', '1', 'X-A', 'caf\u00c3\u00a9 \u00ff', 'X-B', '2'];
      await call(edge().url, { target: '/key', headers: own });
      expect(values(asked(edge()), 'x-a')).toEqual(['caf\u00c3\u00a9 \u00ff']);
      expect(values(asked(edge()), 'x-b')).toEqual(['1', '2']);
    });

    test('those that Connection names stay here, whatever their case', async () => {
      const headers = ['connection', 'X-One , x-two', 'x-one', '1', 'X-Two', '2', 'X-Three', '3'];
      await call(edge().url, { target: '/key', headers: [...headers, 'Connection', 'close'] });
      expect(values(asked(edge()), 'x-one')).toEqual([]);
      expect(values(asked(edge()), 'x-two')).toEqual([]);
      expect(values(asked(edge()), 'x-three')).toEqual(['3']);
    });

    test('Connection can take neither Host nor Content-Length away', async () => {
      const headers = ['Connection', 'host, content-length, close'];
      await call(edge().url, { method: 'PUT', target: '/key', headers, body: 'a body' });
      expect(value(asked(edge()), 'host')).toBe(edge().bucket.host);
      expect(value(asked(edge()), 'content-length')).toBe('6');
    });

    test('Expect: 100-continue is answered here, and is not sent on', async () => {
      const answered = await call(edge().url, {
        method: 'PUT',
        target: '/key',
        headers: ['Expect', '100-continue'],
        body: 'a body',
      });
      expect(answered.status).toBe(200);
      expect(values(asked(edge()), 'expect')).toEqual([]);
      expect(Buffer.concat(edge().bucket.asked[0]?.body ?? []).toString()).toBe('a body');
    });

    test('an expectation that nobody knows goes the way of any request', async () => {
      const text = await rawly(
        edge().url,
        'PUT /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: tea\r\nContent-Length: 0\r\n\r\n',
      );
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(values(asked(edge()), 'expect')).toEqual([]);
    });

    test('a body with a coding besides chunked is refused, not stripped of it', async () => {
      const head =
        'PUT /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n';
      const text = await rawly(edge().url, `${head}6\r\na body\r\n0\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 501 /);
      expect(text).toContain('<Code>NotImplemented</Code>');
      expect(edge().bucket.asked).toEqual([]);
    });

    test('trailers end here, and the body is whole', async () => {
      const head =
        'PUT /key HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n';
      const text = await rawly(edge().url, `${head}6\r\na body\r\n0\r\nx-sum: 1\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect([...values(asked(edge()), 'x-sum'), ...values(asked(edge()), 'trailer')]).toEqual([]);
      expect(Buffer.concat(edge().bucket.asked[0]?.body ?? []).toString()).toBe('a body');
    });
  });
}

export function addResponseHeaderTests(runtime: Runtime): void {
  describe('headers on their way to the client', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });

    test.each(CORS_OF_THE_BUCKET)('%s of the bucket’s own is taken out', async (name, text) => {
      edge().bucket.script = { status: 200, headers: [name, text] };
      const stranger = await call(edge().url, { target: '/key' });
      expect(corsHeaders(stranger)).toEqual({});
      const allowed = await call(edge().url, { target: '/key', headers: ['Origin', A] });
      expect(corsHeaders(allowed)).toEqual(ONE_ORIGIN_HEADERS);
    });

    test('a bucket that sends them all, and twice, changes nothing', async () => {
      const all = CORS_OF_THE_BUCKET.flat();
      edge().bucket.script = { status: 404, headers: [...all, ...all] };
      const answered = await call(edge().url, { target: '/key', headers: ['Origin', A] });
      expect(corsHeaders(answered)).toEqual(ONE_ORIGIN_HEADERS);
    });

    test.each(COMMANDS)('%s, a command to a proxy in front, is taken out', async (name, text) => {
      edge().bucket.script = { status: 200, headers: [name, text, 'X-One', '1'] };
      const answered = await call(edge().url, { target: '/key' });
      expect(values(answered, name)).toEqual([]);
      expect(value(answered, 'x-one')).toBe('1');
    });

    test('what ends at the next hop ends here', async () => {
      const own = ['Connection', 'x-one, close', 'X-One', '1', 'Proxy-Authenticate', 'Basic', 'X-Two', '2'];
      edge().bucket.script = { status: 200, headers: [...own, 'Upgrade', 'h2c', 'Trailer', 'x-sum'] };
      const answered = await call(edge().url, { target: '/key' });
      for (const name of ['x-one', 'proxy-authenticate', 'upgrade', 'trailer'])
        expect(values(answered, name), name).toEqual([]);
      expect(value(answered, 'x-two')).toBe('2');
      expect(value(answered, 'connection')).not.toContain('x-one');
    });
  });

  describe('commands to a proxy in front, where they pass', () => {
    const buckets = [{ name: 'bucket', passProxyCommands: true }];
    const edge = useEdge(runtime, { rules: ONE_ORIGIN, buckets });

    test.each(COMMANDS)('%s goes on as it is', async (name, text) => {
      edge().bucket.script = { status: 200, headers: [name, text] };
      expect(value(await call(edge().url, { target: '/key' }), name)).toBe(text);
    });
  });

  describe('a command to store an answer, where commands pass and the rules are unknown', () => {
    const buckets = [{ name: 'bucket', passProxyCommands: true }];
    const edge = useEdge(runtime, { rules: 'unknown', buckets });

    test('gives way to no-store', async () => {
      edge().bucket.script = { status: 200, headers: ['X-Accel-Expires', '60', 'X-Accel-Charset', 'utf-8'] };
      const answered = await call(edge().url, { target: '/key' });
      expect(values(answered, 'x-accel-expires')).toEqual([]);
      expect(value(answered, 'x-accel-charset')).toBe('utf-8');
      expect(value(answered, 'cache-control')).toBe('no-store');
    });
  });

  describe('the debug header', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN, debugReason: true });

    test('stands once, and says what the edge decided, whatever the bucket says', async () => {
      edge().bucket.script = {
        status: 200,
        headers: ['X-Bucket-Cors-Reason', 'nonsense', 'X-Bucket-Cors-Code', 'NoSuchKey'],
      };
      const answered = await call(edge().url, { target: '/key', headers: ['Origin', A] });
      expect(values(answered, 'x-bucket-cors-reason')).toEqual(['matched']);
      expect(values(answered, 'x-bucket-cors-code')).toEqual([]);
    });

    test.each([
      ['MethodNotAllowed', 'PATCH', '/key', 'method_not_allowed'],
      ['URITooLong', 'HEAD', `/${'a'.repeat(9_000)}`, 'matched'],
    ])('has the code of an error beside it: %s to %s', async (code, method, target, reason) => {
      const answered = await call(edge().url, { method, target, headers: ['Origin', A] });
      expect(value(answered, 'x-bucket-cors-code')).toBe(code);
      expect(value(answered, 'x-bucket-cors-reason')).toBe(reason);
    });
  });
}
