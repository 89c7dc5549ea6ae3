import { describe, expect, test } from 'vitest';
import { call as callRaw } from '../../helpers/client.ts';
import { call } from '../_running.ts';
import { type Buckets, blue, get, red, running, store, useBuckets } from './_buckets.ts';

useBuckets();

describe('a request finds its bucket', () => {
  const ways: readonly (readonly [
    string,
    () => Buckets,
    readonly (readonly [host: string, path: string, answer: string])[],
  ])[] = [
    [
      'by host',
      () => ({ red: red({ hosts: ['red.test', 'r.test'] }), blue: blue({ hosts: 'blue.test' }) }),
      [
        ['red.test', '/name.txt', 'red'],
        ['R.test:8080', '/name.txt', 'red'],
        ['blue.test', '/name.txt', 'blue'],
        ['green.test', '/name.txt', 'NoSuchBucket'],
      ],
    ],
    [
      'by prefix',
      () => ({ red: red({ prefix: '/red' }), blue: blue({ prefix: '/red/blue' }) }),
      [
        ['any.test', '/red/name.txt', 'red'],
        ['any.test', '/red/blue/name.txt', 'blue'],
        ['any.test', '/redder/name.txt', 'NoSuchBucket'],
        ['any.test', '/name.txt', 'NoSuchBucket'],
        ['any.test', '/red/blue/../name.txt', 'InvalidURI'],
      ],
    ],
    [
      'by host before prefix, and any other host by the bucket without hosts',
      () => ({ red: red({ hosts: ['red.test'], prefix: '/red' }), blue: blue() }),
      [
        ['red.test', '/red/name.txt', 'red'],
        ['red.test', '/name.txt', 'NoSuchBucket'],
        ['blue.test', '/name.txt', 'blue'],
      ],
    ],
  ];

  test.each(ways)('%s', async (_, buckets, asked) => {
    const edge = await running(buckets());
    for (const [host, path, answer] of asked) {
      // Raw, lest the dot segments be taken out on the way.
      const { status, body } = await callRaw(edge.url, { target: path, headers: ['Host', host] });
      const text = String(body);
      const found = status === 200 ? text : /<Code>(\w+)<\/Code>/.exec(text)?.[1];
      expect([host, path, found]).toEqual([host, path, answer]);
    }
  });

  test('and an unknown host gets a 404 in the store’s format with no-store', async () => {
    const edge = await running({ red: red({ hosts: ['red.test'] }) });
    const { status, text, headers } = await get(edge, 'green.test', '/name.txt', {
      Origin: 'https://red.example',
    });
    expect(status).toBe(404);
    expect(headers['content-type']).toMatch(/^application\/xml/);
    expect(text).toMatch(/^<\?xml[^>]*>\s*<Error>\s*<Code>NoSuchBucket<\/Code>/);
    expect(text).toMatch(/<RequestId>[^<]+<\/RequestId>\s*<HostId>green\.test<\/HostId>/);
    expect(headers['access-control-allow-origin']).toBe(undefined);
  });

  test('and leaves the prefix in the path with keepPrefix', async () => {
    const seen = await store('https://a.example');
    const edge = await running({
      kept: { bucket: seen.url, prefix: '/kept', keepPrefix: true },
      cut: { bucket: seen.url, prefix: '/cut' },
    });
    await get(edge, 'a', '/kept/x?y=1');
    await get(edge, 'a', '/cut/x?y=1');
    expect(seen.seen.filter((line) => line.includes('/x'))).toEqual(['GET /kept/x?y=1', 'GET /x?y=1']);
  });

  test('and is decided by that bucket’s own rules', async () => {
    const edge = await running({ red: red({ hosts: 'red.test' }), blue: blue({ hosts: 'blue.test' }) });
    for (const own of ['red', 'blue'])
      for (const page of ['red', 'blue']) {
        const origin = `https://${page}.example`;
        const { headers } = await get(edge, `${own}.test`, '/name.txt', { Origin: origin });
        expect(headers['access-control-allow-origin']).toBe(own === page ? origin : undefined);
      }
  });

  test('and is answered in that bucket’s dialect', async () => {
    const edge = await running({
      red: red({ hosts: 'red.test', store: 's3' }),
      blue: blue({ hosts: 'blue.test' }),
    });
    const refused = async (host: string) =>
      (
        await call(`${edge.url}/name.txt`, {
          method: 'OPTIONS',
          headers: { Host: host, Origin: 'https://no.example', 'Access-Control-Request-Method': 'GET' },
        })
      ).text;
    const [s3, oss] = [await refused('red.test'), await refused('blue.test')];
    const message = (text: string) => /<Message>([^<]*)<\/Message>/.exec(text)?.[1];
    expect(message(s3)).not.toBe(message(oss));
  });
});
