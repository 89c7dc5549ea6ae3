import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { call, corsHeaders, value, values } from '../helpers/client.ts';
import { type Runtime, testOn, useEdge } from './runtime.ts';
import { A, ONE_ORIGIN, ONE_ORIGIN_HEADERS } from './sets.ts';

const BIG = randomBytes(5 * 1024 * 1024);
const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const BODIES: readonly [name: string, body: Buffer | readonly Buffer[]][] = [
  ['0 bytes', Buffer.alloc(0)],
  ['one byte', Buffer.from([0])],
  ['5 MB', BIG],
  ['5 MB in chunks', [BIG.subarray(0, 1), BIG.subarray(1, 100_000), BIG.subarray(100_000)]],
];

const HASHED = ['ETag', '"abc"', 'X-Oss-Object-Type', 'Normal'];

interface Outcome {
  readonly status: number;
  readonly method: string;
  readonly headers: readonly string[];
  readonly body?: string;
}

const OUTCOMES: readonly Outcome[] = [
  { status: 200, method: 'GET', headers: [...HASHED, 'Content-Length', '5'], body: 'whole' },
  { status: 200, method: 'PUT', headers: [...HASHED, 'Content-Length', '0'] },
  { status: 200, method: 'POST', headers: ['Content-Length', '4'], body: 'made' },
  { status: 204, method: 'DELETE', headers: HASHED },
  {
    status: 206,
    method: 'GET',
    headers: [...HASHED, 'Content-Range', 'bytes 0-3/10', 'Content-Length', '4'],
    body: 'part',
  },
  {
    status: 301,
    method: 'GET',
    headers: ['Location', 'http://elsewhere.example/a?b', 'Content-Length', '0'],
  },
  { status: 304, method: 'GET', headers: [...HASHED, 'Last-Modified', 'Thu, 01 Jan 1970 00:00:00 GMT'] },
  { status: 304, method: 'GET', headers: [...HASHED, 'Content-Length', '10'] },
  { status: 307, method: 'PUT', headers: ['Location', 'https://b.example/', 'Content-Length', '0'] },
  { status: 403, method: 'GET', headers: ['Content-Length', '8'], body: '<Error/>' },
  { status: 404, method: 'GET', headers: ['Content-Length', '8'], body: '<Error/>' },
  { status: 412, method: 'PUT', headers: ['Content-Length', '8'], body: '<Error/>' },
  { status: 416, method: 'GET', headers: ['Content-Range', 'bytes */10', 'Content-Length', '0'] },
  { status: 500, method: 'GET', headers: ['Content-Length', '8'], body: '<Error/>' },
  { status: 503, method: 'GET', headers: ['Retry-After', '3', 'Content-Length', '8'], body: '<Error/>' },
];

export function addObjectTests(runtime: Runtime): void {
  describe('an actual request', () => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN });

    test.each(['GET', 'HEAD', 'PUT', 'POST', 'DELETE'])('%s reaches the bucket', async (method) => {
      const answered = await call(edge().url, { method, target: '/key', headers: ['Origin', A] });
      expect(edge().bucket.asked).toMatchObject([{ method, target: '/key' }]);
      expect(answered.status).toBe(200);
      expect(corsHeaders(answered)).toEqual(ONE_ORIGIN_HEADERS);
    });

    test.each(BODIES)('carries a body of %s to the bucket, byte for byte', async (_, body) => {
      const pieces = Array.isArray(body) ? (body as Buffer[]) : [body as Buffer];
      const answered = await call(edge().url, { method: 'PUT', target: '/key', body });
      expect(answered.status).toBe(200);
      const [asked] = edge().bucket.asked;
      expect(hash(Buffer.concat(asked?.body ?? []))).toBe(hash(Buffer.concat(pieces)));
      const length = Array.isArray(body) ? undefined : String(pieces[0]?.length);
      expect(value({ headers: asked?.headers ?? [] }, 'content-length')).toBe(length);
    });

    const carries = async (method: string): Promise<void> => {
      await call(edge().url, { method, target: '/key', body: 'a body' });
      await call(edge().url, { method, target: '/key', body: ['a ', 'body'] });
      expect(edge().bucket.asked.map(({ body }) => Buffer.concat(body).toString())).toEqual([
        'a body',
        'a body',
      ]);
    };
    test.each(['DELETE', 'POST'])('%s carries its body to the bucket', carries);
    testOn(runtime, 'bodies of GET').each(['GET'])('%s carries its body to the bucket', carries);

    test.each(BODIES)('brings a body of %s back, byte for byte', async (_, body) => {
      const pieces = Array.isArray(body) ? (body as Buffer[]) : [body as Buffer];
      edge().bucket.script = (_asked, _incoming, outgoing) => {
        const length = Array.isArray(body) ? [] : ['Content-Length', String(pieces[0]?.length)];
        outgoing.writeHead(200, length);
        for (const piece of pieces) outgoing.write(piece);
        outgoing.end();
      };
      const answered = await call(edge().url, { target: '/key' });
      expect(answered.complete).toBe(true);
      expect(hash(answered.body)).toBe(hash(Buffer.concat(pieces)));
      expect(value(answered, 'content-length')).toBe(
        Array.isArray(body) ? undefined : String(pieces[0]?.length),
      );
    });

    const passes = async (outcome: Outcome): Promise<void> => {
      const { status, method, headers, body = '' } = outcome;
      edge().bucket.script = { status, headers, body };
      const answered = await call(edge().url, { method, target: '/key', headers: ['Origin', A] });
      expect(answered).toMatchObject({ status, complete: true });
      expect(answered.body.toString()).toBe(body);
      for (const [at, name] of headers.entries())
        if (at % 2 === 0) expect(value(answered, name), name).toBe(headers[at + 1]);
      expect(corsHeaders(answered)).toEqual(ONE_ORIGIN_HEADERS);
      expect(value(answered, 'vary')).toBe('Origin');
    };
    const lengthWithoutBody = ({ status, headers }: Outcome) =>
      status === 304 && headers.includes('Content-Length');
    test.each(OUTCOMES.filter((outcome) => !lengthWithoutBody(outcome)))(
      'passes the bucket’s $status to $method with $headers',
      passes,
    );
    testOn(runtime, 'lengths of empty bodies').each(OUTCOMES.filter(lengthWithoutBody))(
      'passes the Content-Length of the bucket’s $status to $method',
      passes,
    );

    test('follows no redirect', async () => {
      edge().bucket.script = { status: 302, headers: ['Location', `${edge().bucket.url}/other`] };
      const answered = await call(edge().url, { target: '/key' });
      expect(answered.status).toBe(302);
      expect(edge().bucket.asked).toHaveLength(1);
    });

    test.each([200, 404])(
      'passes HEAD answered %i with its Content-Length and without a body',
      async (status) => {
        edge().bucket.script = { status, headers: ['Content-Length', '123456'] };
        const answered = await call(edge().url, { method: 'HEAD', target: '/key', headers: ['Origin', A] });
        expect(answered).toMatchObject({ status, complete: true, body: Buffer.alloc(0) });
        expect(value(answered, 'content-length')).toBe('123456');
        expect(corsHeaders(answered)).toEqual(ONE_ORIGIN_HEADERS);
      },
    );

    test.each(['gzip', 'br', 'aws-chunked'])(
      'passes a body with Content-Encoding %s unchanged',
      async (coding) => {
        const bytes = gzipSync('a text that is long enough '.repeat(20));
        const headers = ['Content-Encoding', coding, 'Content-Length', String(bytes.length)];
        edge().bucket.script = { status: 200, headers, body: bytes };
        const answered = await call(edge().url, { target: '/key', headers: ['Accept-Encoding', 'gzip'] });
        expect(answered.body.equals(bytes)).toBe(true);
        expect(value(answered, 'content-encoding')).toBe(coding);
        expect(value(answered, 'content-length')).toBe(String(bytes.length));
      },
    );

    test('ignores an interim 103 of the bucket', async () => {
      edge().bucket.script = (_asked, _incoming, outgoing) => {
        outgoing.writeEarlyHints({ link: '</a.css>; rel=preload' });
        outgoing.writeHead(200).end('the object');
      };
      const answered = await call(edge().url, { target: '/key' });
      expect(answered).toMatchObject({ status: 200, complete: true });
      expect(value(answered, 'link')).toBeUndefined();
    });

    test('preserves the case of header names', async () => {
      edge().bucket.script = { status: 200, headers: ['X-Oss-Meta-Name', '1'] };
      const { headers } = await call(edge().url, { target: '/key' });
      expect(headers).toContain('X-Oss-Meta-Name');
    });

    testOn(runtime, 'raw heads')('preserves case, order, repetition and bytes of headers', async () => {
      const own = [
        ['X-Oss-Meta-B', 'two'],
        ['x-oss-META-a', 'caf\u00c3\u00a9 \u00ff'],
        ['Set-Cookie', 'a=1; Path=/'],
        ['ETag', '"0"'],
        ['Set-Cookie', 'b=2'],
        ['X-Empty', ''],
        ['Server', 'AliyunOSS'],
      ].flat();
      edge().bucket.script = { status: 200, headers: own };
      const answered = await call(edge().url, { target: '/key', headers: ['Origin', A] });
      expect(answered.headers.slice(0, own.length)).toEqual(own);
      expect(values(answered, 'set-cookie')).toEqual(['a=1; Path=/', 'b=2']);
    });
  });
}
