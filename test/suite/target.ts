import { describe, expect, test } from 'vitest';
import { call, rawly, value } from '../helpers/client.ts';
import { type Runtime, testOn, useEdge } from './runtime.ts';
import { ONE_ORIGIN } from './sets.ts';

/** Left alone by any URL parser. */
const TARGETS: readonly string[] = [
  '/',
  '/key',
  '/a%2Fb%2fc',
  '/a+b%20c%2B',
  '/100%25',
  '/%E4%B8%AD%E6%96%87.txt',
  '//double//slashes//',
  '/a;v=1;w=2/b;c',
  "/!$&'()*+,;=:@~-._",
  '/key?a=b&a=c&=&&d',
  '/key?a=%2F&b=+&c=%20',
  '/key?x=/../y',
  '/?prefix=a%2F&delimiter=/',
  '/key?Expires=1700000000&OSSAccessKeyId=ak&Signature=a%2Bb%2Fc%3D',
  '/key?X-Amz-Credential=ak%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=00ff&X-Amz-SignedHeaders=host',
];

/** Rewritten by URL parsers. */
const RAW_TARGETS: readonly string[] = ['/key?', '/?', '/%', '/100%zz%', '/a\\b', '/a|b{c}^`"<>', '/key?a#b'];

/** At a path-style store they would lead out of the bucket. */
const DOTTED: readonly string[] = ['/a/../b', '/a/./b/.', '/..', '/a/%2e%2e/b', '/a/..%2Fb', '/a\\..\\b'];

export function addTargetTests(runtime: Runtime): void {
  describe.each(['', '/the-bucket'])('targets, before a bucket at the path "%s"', (path) => {
    const edge = useEdge(runtime, { rules: ONE_ORIGIN, buckets: [{ name: 'bucket', path }] });

    test.each(TARGETS)('%s reaches the bucket byte for byte', async (target) => {
      await call(edge().url, { target });
      expect(edge().bucket.asked.map((asked) => asked.target)).toEqual([path + target]);
    });

    testOn(runtime, 'raw targets').each(RAW_TARGETS)(
      '%s reaches the bucket byte for byte',
      async (target) => {
        const text = await rawly(
          edge().url,
          `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
        );
        expect(text).toMatch(/^HTTP\/1\.1 200 /);
        expect(edge().bucket.asked.map((asked) => asked.target)).toEqual([path + target]);
      },
    );

    testOn(runtime, 'raw targets').each([
      ['http://other.example/a%2Fb?c', '/a%2Fb?c'],
      ['http://other.example:8080/%2F', '/%2F'],
      ['HTTPS://other.example/key', '/key'],
      ['http://other.example', '/'],
      ['http://other.example?a=b', '/?a=b'],
    ])('absolute-form %s is served as %s', async (target, served) => {
      const text = await rawly(edge().url, `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(edge().bucket.asked).toMatchObject([{ target: path + served }]);
      expect(value({ headers: edge().bucket.asked[0]?.headers ?? [] }, 'host')).toBe(edge().bucket.host);
    });

    testOn(runtime, 'raw targets').each([
      'ftp://other.example/key',
      'http://user:secret@other.example/key',
      'http:///key',
      'other.example:80',
      '*',
    ])('%s is nothing that a bucket has: 400', async (target) => {
      const text = await rawly(edge().url, `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(edge().bucket.asked).toEqual([]);
    });
  });

  describe('dot segments', () => {
    describe('before a bucket that is a host', () => {
      const edge = useEdge(runtime, { rules: ONE_ORIGIN });

      testOn(runtime, 'raw targets').each(DOTTED)('%s reaches the bucket byte for byte', async (target) => {
        await rawly(edge().url, `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
        expect(edge().bucket.asked.map((asked) => asked.target)).toEqual([target]);
      });
    });

    describe('before a bucket at a path', () => {
      const edge = useEdge(runtime, {
        rules: ONE_ORIGIN,
        buckets: [{ name: 'bucket', path: '/the-bucket' }],
      });

      testOn(runtime, 'raw targets').each(DOTTED)('%s would lead out of it: 400', async (target) => {
        const text = await rawly(
          edge().url,
          `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
        );
        expect(text).toMatch(/^HTTP\/1\.1 400 /);
        expect(text).toContain('<Code>InvalidURI</Code>');
        expect(edge().bucket.asked).toEqual([]);
      });
    });
  });
}
