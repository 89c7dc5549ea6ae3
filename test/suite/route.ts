import { describe, expect, test } from 'vitest';
import { call, corsHeaders, element, rawly, value, values } from '../helpers/client.ts';
import { type Edge, type Runtime, testOn, useEdge } from './runtime.ts';
import { A, EVERYBODY, ONE_ORIGIN, PREFLIGHT_VARY, STRANGER } from './sets.ts';

/** The requests that reached each bucket. */
const asked = (edge: Edge, names: readonly string[]) =>
  names.flatMap((name) => edge.bucketNamed(name).asked.map(({ target }) => [name, target]));

const preflight = ['Origin', A, 'Access-Control-Request-Method', 'GET'];

export function addRouteTests(runtime: Runtime): void {
  describe('two buckets by host', () => {
    const names = ['one', 'two'];
    const edge = useEdge(runtime, {
      rules: EVERYBODY,
      debugReason: true,
      buckets: [
        { name: 'one', hosts: ['one.example', 'first.example'] },
        { name: 'two', hosts: ['two.example'] },
      ],
    });

    test.each([
      ['one.example', 'one'],
      ['ONE.Example:8080', 'one'],
      ['first.example', 'one'],
      ['two.example', 'two'],
      ['one.example.', 'one'],
      ['Two.Example.:8080', 'two'],
    ])('Host %s selects the bucket %s', async (host, name) => {
      const answered = await call(edge().url, { target: '/a/key?b', headers: ['Host', host] });
      expect(answered.status).toBe(200);
      expect(asked(edge(), names)).toEqual([[name, '/a/key?b']]);
    });

    test.each([
      ['GET', []],
      ['PUT', ['Origin', A]],
      ['OPTIONS', preflight],
    ])('%s to a host without a bucket is 404 with no-store', async (method, headers) => {
      const answered = await call(edge().url, {
        method,
        target: '/key',
        headers: ['Host', 'x.example', ...headers],
      });
      expect(answered.status).toBe(404);
      expect(element(answered, 'Code')).toBe('NoSuchBucket');
      expect(element(answered, 'HostId')).toBe('x.example');
      expect(element(answered, 'RequestId')).toBe(value(answered, 'x-oss-request-id'));
      expect(value(answered, 'cache-control')).toBe('no-store');
      expect(values(answered, 'vary').join()).toContain('Origin');
      expect(corsHeaders(answered)).toEqual({});
      expect(asked(edge(), names)).toEqual([]);
    });

    test.each([
      ['a host without a bucket', 'x.example', '/key', 404, 'NoSuchBucket'],
      ['a Host that is a list', 'one.example,two.example', '/key', 400, 'InvalidHost'],
    ])('%s is an error with its code and without CORS headers', async (_, host, target, status, code) => {
      for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS']) {
        const answered = await call(edge().url, { method, target, headers: ['Host', host, ...preflight] });
        expect(answered.status, method).toBe(status);
        // No page can read it, as with S3's answer for a missing bucket (semantics.md §3).
        expect(corsHeaders(answered)).toEqual({});
        expect(value(answered, 'x-bucket-cors-code')).toBe(code);
        expect(values(answered, 'x-bucket-cors-reason')).toEqual([]);
        expect(value(answered, 'cache-control')).toBe('no-store');
        expect(value(answered, 'vary')).toBe(method === 'OPTIONS' ? PREFLIGHT_VARY : 'Origin');
      }
    });

    testOn(runtime, 'absolute targets')('the host of a target in absolute form overrides Host', async () => {
      const lines = ['GET http://two.example/key HTTP/1.1', 'Host: one.example', 'Connection: close', '', ''];
      expect(await rawly(edge().url, lines.join('\r\n'))).toMatch(/^HTTP\/1\.1 200 /);
      expect(asked(edge(), names)).toEqual([['two', '/key']]);
    });
  });

  describe('a bucket by host, beside one for every other host', () => {
    const names = ['own', 'any'];
    const edge = useEdge(runtime, {
      rules: EVERYBODY,
      buckets: [{ name: 'own', hosts: ['XN--BCHER-KVA.my_files.example.'] }, { name: 'any' }],
    });

    const spellings = [
      ['xn--bcher-kva.my_files.example', 'own'],
      ['xn--bcher-kva.my_files.example.', 'own'],
      ['xn--bcher-kva.MY_FILES.example.:8080', 'own'],
      ['bcher.my_files.example', 'any'],
    ] as const;
    test.each(spellings)('Host %s selects the bucket %s', (host, name) => finds(host, name));

    testOn(runtime, 'raw heads').each([
      ['b%C3%BCcher.my_files.example.', 'own'],
      ['b%c3%bccher.my%5Ffiles.EXAMPLE', 'own'],
      ['xn--bcher-kva.my_files.example..', 'any'],
      ['xn--bcher-kva.my_files.example%2f', 'any'],
    ])('Host %s selects the bucket %s', (host, name) => finds(host, name));

    async function finds(host: string, name: string): Promise<void> {
      expect((await call(edge().url, { target: '/key', headers: ['Host', host] })).status).toBe(200);
      expect(asked(edge(), names)).toEqual([[name, '/key']]);
    }

    test('X-Forwarded-Host has the host as the client wrote it', async () => {
      const host = 'XN--bcher-KVA.my_files.example.:8080';
      await call(edge().url, { target: '/key', headers: ['Host', host] });
      const [first] = edge().bucketNamed('own').asked;
      expect(value({ headers: first?.headers ?? [] }, 'x-forwarded-host')).toBe(host);
    });
  });

  describe('buckets by prefix', () => {
    const names = ['media', 'video', 'kept', 'there', 'both'];
    const edge = useEdge(runtime, {
      rules: EVERYBODY,
      buckets: [
        { name: 'media', prefix: '/media' },
        { name: 'video', prefix: '/media/video' },
        { name: 'kept', prefix: '/kept', keepPrefix: true },
        { name: 'there', prefix: '/there', path: '/the-bucket' },
        { name: 'both', prefix: '/both', keepPrefix: true, path: '/the-bucket' },
      ],
    });

    test.each([
      ['/media/a', 'media', '/a'],
      ['/media', 'media', '/'],
      ['/media?prefix=a', 'media', '/?prefix=a'],
      ['/media/', 'media', '/'],
      ['/media//a', 'media', '//a'],
      ['/media/video/a', 'video', '/a'],
      ['/media/video', 'video', '/'],
      ['/media/videos', 'media', '/videos'],
      ['/media/a?x=/../y', 'media', '/a?x=/../y'],
      ['/media/a..b/.c/d.', 'media', '/a..b/.c/d.'],
      ['/media/...', 'media', '/...'],
      ['/kept/a%2Fb', 'kept', '/kept/a%2Fb'],
      ['/kept', 'kept', '/kept'],
      ['/kept?acl', 'kept', '/kept?acl'],
      ['/there/a', 'there', '/the-bucket/a'],
      ['/there', 'there', '/the-bucket'],
      ['/there?', 'there', '/the-bucket?'],
      ['/there?cors', 'there', '/the-bucket?cors'],
      ['/there/', 'there', '/the-bucket/'],
      ['/there/?acl', 'there', '/the-bucket/?acl'],
      ['/there//', 'there', '/the-bucket//'],
      ['/both', 'both', '/the-bucket/both'],
      ['/both?cors', 'both', '/the-bucket/both?cors'],
      ['/both/?cors', 'both', '/the-bucket/both/?cors'],
    ])('%s selects the bucket %s, which gets %s', async (target, name, served) => {
      const answered = await call(edge().url, { target });
      expect(answered.status).toBe(200);
      expect(asked(edge(), names)).toEqual([[name, served]]);
    });

    test.each(['/', '/med', '/mediae', '/Media/a', '/%6dedia/a', '//media/a', '/other'])(
      '%s belongs to no bucket: 404',
      async (target) => {
        const answered = await call(edge().url, { target });
        expect(answered.status).toBe(404);
        expect(element(answered, 'Code')).toBe('NoSuchBucket');
        expect(asked(edge(), names)).toEqual([]);
      },
    );

    test.each([
      '/media/../kept/a',
      '/media/a/..',
      '/media/./a',
      '/media/.',
      '/media/..?a',
      '/media/%2e%2e/kept',
      '/media/.%2E/kept',
      '/media/%2e',
      '/media/..%2fkept',
      '/media/a%5c..%5ckept',
      '/media\\..\\kept',
      '/..',
    ])('%s contains a dot segment: 400', (target) => isRefused(target));

    testOn(runtime, 'absolute targets')('http://h.example/media/../kept contains a dot segment: 400', () =>
      isRefused('http://h.example/media/../kept'),
    );

    testOn(runtime, 'absolute targets').each([
      ['http://h.example/there?cors', '/the-bucket?cors'],
      ['http://h.example/there', '/the-bucket'],
      ['http://h.example/there/', '/the-bucket/'],
    ])('%s reaches the bucket as %s', async (target, served) => {
      const text = await rawly(edge().url, `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(asked(edge(), names)).toEqual([['there', served]]);
    });

    async function isRefused(target: string): Promise<void> {
      const text = await rawly(edge().url, `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(text).toContain('<Code>InvalidURI</Code>');
      expect(text.toLowerCase()).toContain('cache-control: no-store');
      expect(asked(edge(), names)).toEqual([]);
    }

    test('a preflight under a prefix follows the rules of that bucket', async () => {
      const answered = await call(edge().url, { method: 'OPTIONS', target: '/media/a', headers: preflight });
      expect(answered.status).toBe(200);
    });
  });

  describe.each(['', '/the-bucket'])('a refused preflight under a prefix, of a bucket at "%s"', (path) => {
    const edge = useEdge(runtime, {
      dialect: 's3',
      rules: ONE_ORIGIN,
      buckets: [{ name: 'bucket', prefix: '/name', path }],
    });

    test.each([
      ['/name', 'BUCKET'],
      ['/name?cors', 'BUCKET'],
      ['/name/', 'BUCKET'],
      ['/name/?cors', 'BUCKET'],
      ['/name/key', 'OBJECT'],
      ['/name/key?cors', 'OBJECT'],
    ])('%s names the resource type %s', async (target, type) => {
      const headers = ['Origin', STRANGER, 'Access-Control-Request-Method', 'GET'];
      const answered = await call(edge().url, { method: 'OPTIONS', target, headers });
      expect(answered.status).toBe(403);
      expect(element(answered, 'ResourceType')).toBe(type);
    });
  });
}
