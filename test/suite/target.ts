import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { call, rawly, value } from '../helpers/client.ts';
import { type Runtime, testOn, useEdge } from './runtime.ts';
import { ONE_ORIGIN } from './sets.ts';

/** Unchanged by any URL parser. */
const TARGETS: readonly string[] = [
  '/',
  '/key',
  '/a%2Fb%2fc',
  '/a+b%20c%2B',
  '/100%25',
  '/%E4%B8%AD%E6%96%87.txt',
  '/%e4%B8%aD%E6%96%87.txt',
  '/a%2fb%2Fc%3a%3A',
  '/%41%7E%2D',
  '/a%00b%0D%0A%7F',
  '/%C3%28%FF',
  '/trailing/',
  '///',
  '/...',
  '//double//slashes//',
  '/a;v=1;w=2/b;c',
  "/!$&'()*+,;=:@~-._",
  '/key?a=b&a=c&=&&d',
  '/key?a=%2F&b=+&c=%20',
  '/key?x=/../y',
  '/key?a?b=c??',
  '/key?a;b;c=d',
  '/key?a=b&a=b&A=b',
  '/key?a=%e4%B8%aD&%62=1',
  '/key?acl',
  '/key?partNumber=1&uploadId=a%2B%2F%3D',
  '/?prefix=a%2F&delimiter=/',
  '/key?Expires=1700000000&OSSAccessKeyId=ak&Signature=a%2Bb%2Fc%3D',
  '/??',
  '/key?',
  '/?',
  '/%',
  '/100%zz%',
  '/%2',
  '/[a]?[b]=\\',
  '/key?X-Amz-Credential=ak%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=00ff&X-Amz-SignedHeaders=host',
];

/** Rewritten by URL parsers. */
const RAW_TARGETS: readonly string[] = ['/a\\b', '/a|b{c}^`"<>'];

/**
 * A target has no fragment (RFC 9112 §3.2): software that removes it and software that does not would address two
 * objects.
 */
const FRAGMENTS: readonly string[] = ['/key?a#b', '/key#a?b', '/#', '/..#/b', '/key#', '/?cors#'];

/** Pieces of a target that some software rewrites. */
const PIECES: readonly string[] = [
  ...['/', '//', '?', '&', '=', ';', '+', '@', ':', '*', "'", '"', '|', '\\', '~', '.', '..', 'a', 'Z', '9'],
  ...['%', '%2F', '%2f', '%5C', '%25', '%252F', '%20', '%2B', '%3F', '%23', '%00', '%E4%B8%AD', '%e4', '%zz'],
];

const DOT_SEGMENT = /(^|[/\\]|%2f|%5c)\.{1,2}($|[/\\;]|%2f|%5c|%3b)/i;

/** At a path-style store they would address another bucket. */
const DOTTED: readonly string[] = [
  '/a/../b',
  '/a/./b/.',
  '/..',
  '/a/%2e%2e/b',
  '/a/..%2Fb',
  '/a\\..\\b',
  '/..;p/b',
  '/a/%2e%2E%3Bp',
];

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

    testOn(runtime, 'raw targets').each(FRAGMENTS)('%s has a fragment: 400', async (target) => {
      for (const asked of [target, `http://h${target}`]) {
        const text = await rawly(edge().url, `GET ${asked} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
        expect(text).toMatch(/^HTTP\/1\.1 400 /);
        expect(text).toContain('<Code>InvalidURI</Code>');
        expect(text.toLowerCase()).toContain('cache-control: no-store');
      }
      expect(edge().bucket.asked).toEqual([]);
    });

    testOn(runtime, 'raw targets')(
      'any combination of these pieces reaches the bucket byte for byte',
      async () => {
        const targets = fc
          .array(fc.constantFrom(...PIECES), { maxLength: 12 })
          .map((pieces) => `/${pieces.join('')}`)
          .filter((target) => target !== '/?cors' && !DOT_SEGMENT.test(target.split('?', 1)[0] ?? ''));
        await fc.assert(
          fc.asyncProperty(targets, async (target) => {
            edge().bucket.reset();
            const text = await rawly(
              edge().url,
              `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`,
            );
            expect(text).toMatch(/^HTTP\/1\.1 200 /);
            expect(edge().bucket.asked.map((asked) => asked.target)).toEqual([path + target]);
          }),
          { numRuns: 150 },
        );
      },
    );

    testOn(runtime, 'absolute targets').each([
      ['http://other.example/a%2Fb?c', '/a%2Fb?c'],
      ['http://other.example/a+b%e4;c//?', '/a+b%e4;c//?'],
      ['http://other.example/a/http://third.example/', '/a/http://third.example/'],
      ['http://other.example/@third.example', '/@third.example'],
      ['http://[::1]:8080/key', '/key'],
      ['http://other.example:8080/%2F', '/%2F'],
      ['HTTPS://other.example/key', '/key'],
      ['http://other.example', '/'],
      ['http://other.example?a=b', '/?a=b'],
    ])('absolute form %s reaches the bucket as %s', async (target, served) => {
      const text = await rawly(edge().url, `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(edge().bucket.asked).toMatchObject([{ target: path + served }]);
      expect(value({ headers: edge().bucket.asked[0]?.headers ?? [] }, 'host')).toBe(edge().bucket.host);
    });

    testOn(runtime, 'absolute targets').each([
      'ftp://other.example/key',
      'http://user:secret@other.example/key',
      'http://user@other.example/key',
      'http://@other.example/key',
      'http://other.example@third.example/key',
      'http://other.example#/key',
      'http://other.example\\x/key',
      'http:///key',
      'http:/other.example/key',
      'http:other.example/key',
      'http://',
      'other.example:80',
      '*',
    ])('%s is not the target of an object: 400', async (target) => {
      const text = await rawly(edge().url, `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
      expect(edge().bucket.asked).toEqual([]);
    });
  });

  describe('a target in absolute form, with buckets by host', () => {
    const edge = useEdge(runtime, {
      rules: ONE_ORIGIN,
      buckets: [
        { name: 'one', hosts: ['one.example'] },
        { name: 'two', hosts: ['two.example'] },
      ],
    });
    const ask = (target: string, ...headers: readonly string[]) =>
      rawly(edge().url, ['GET', `${target} HTTP/1.1\r\n`].join(' ') + head(headers));
    const head = (headers: readonly string[]) => [...headers, 'Connection: close', '', ''].join('\r\n');
    const asked = (name: string) =>
      edge()
        .bucketNamed(name)
        .asked.map(({ target }) => target);

    testOn(runtime, 'absolute targets').each(['one.example', 'unknown.example', ''])(
      'its host goes before the Host header "%s"',
      async (host) => {
        const text = await ask('http://TWO.example:8080/a%2Fb', `Host: ${host}`);
        expect(text).toMatch(/^HTTP\/1\.1 200 /);
        expect(asked('two')).toEqual(['/a%2Fb']);
        expect(asked('one')).toEqual([]);
      },
    );

    testOn(runtime, 'absolute targets').each([
      ['a host without a bucket', 'http://unknown.example/key', ['Host: one.example'], 404, 'NoSuchBucket'],
      ['a list of hosts', 'http://one.example,two.example/key', ['Host: one.example'], 400, 'InvalidHost'],
      ['an invalid port', 'http://one.example:x/key', ['Host: one.example'], 400, 'InvalidHost'],
      [
        'userinfo that looks like a host',
        'http://one.example@two.example/',
        ['Host: one.example'],
        400,
        'InvalidURI',
      ],
      [
        'several Host headers',
        'http://one.example/key',
        ['Host: one.example', 'Host: x'],
        400,
        'InvalidHost',
      ],
    ] as const)('%s is refused, whatever the Host header', async (_, target, headers, status, code) => {
      const text = await ask(target, ...headers);
      expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(text).toContain(`<Code>${code}</Code>`);
      expect([...asked('one'), ...asked('two')]).toEqual([]);
    });
  });

  describe('dot segments', () => {
    describe('before a bucket with its own host', () => {
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

      test.each(DOTTED)('%s would leave the bucket: 400', async (target) => {
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
