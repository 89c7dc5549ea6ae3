import { createServer, type RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/bucket/address.ts';
import { askForRules, readByFetch } from '../../src/bucket/read.ts';
import type { Address } from '../../src/bucket/transport.ts';
import { parseRules } from '../../src/config/values.ts';
import { createRulesCache } from '../../src/rules/cache.ts';
import { MAX_DOCUMENT_BYTES } from '../../src/rules/source.ts';
import { bucketSource } from '../../src/rules/sources/bucket.ts';
import { inlineSource } from '../../src/rules/sources/inline.ts';
import { urlSource } from '../../src/rules/sources/url.ts';
import { ENCODINGS } from '../helpers/encodings.ts';
import { listen } from '../helpers/listen.ts';
import { bucketWith } from './_controlled.ts';
import { ONE, sends, useServer } from './_server.ts';

const padded = (size: number): string =>
  `${ONE.slice(0, -20)}${' '.repeat(size - ONE.length)}${ONE.slice(-20)}`;

const server = useServer();
const soon = () => AbortSignal.timeout(4000);
const bucket = () => {
  const address = parseAddress(server.url()) as Address;
  return bucketSource(`${server.url()}/?cors`, askForRules(address, readByFetch));
};

describe('a bucket over HTTP', () => {
  test('that answers a document gives rules', async () => {
    server.answer = sends(200, ONE);
    expect(await bucket().load(soon())).toMatchObject({ outcome: 'rules' });
    expect(server.seen[0]).toMatchObject({ method: 'GET', url: '/?cors' });
  });

  test.each(ENCODINGS)('gives rules from a document in %s', async (_, encode) => {
    server.answer = sends(200, encode(ONE));
    expect(await bucket().load(soon())).toMatchObject({ outcome: 'rules' });
    const url = urlSource(server.url(), ({ headers, ...limits }) =>
      readByFetch(server.url(), headers, limits),
    );
    expect(await url.load(soon())).toMatchObject({ outcome: 'rules' });
  });

  test('gives rules from a document of the greatest length', async () => {
    server.answer = sends(200, padded(MAX_DOCUMENT_BYTES));
    expect(await bucket().load(soon())).toMatchObject({ outcome: 'rules' });
  });

  test.each([
    [
      'answers a document over the limit',
      sends(200, padded(MAX_DOCUMENT_BYTES + 1)),
      /longer than 65536 bytes/,
    ],
    ['closes the connection', (_, response) => void response.socket?.destroy(), /fetch failed/],
    [
      'closes the connection within the body',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': 100 });
        response.write('<CORS', () => response.socket?.destroy());
      },
      /terminated/,
    ],
  ] as [string, RequestListener, RegExp][])('that %s is unknown', async (_, answer, cause) => {
    server.answer = answer;
    const cache = createRulesCache({ ttl: 1000, maxStale: 0 });
    await cache.current(bucketWith(bucket()));
    expect(cache.status('b')).toMatchObject({
      state: 'unavailable',
      failure: { cause: expect.stringMatching(cause) },
    });
    expect(cache.status('b').failure?.cause).toContain(`${server.url()}/?cors could not be read`);
  });

  test('that refuses connections is unknown, with the reason in the cause', async () => {
    const free = createServer();
    const port = await listen(free);
    await new Promise((resolve) => free.close(resolve));
    const cache = createRulesCache({ ttl: 1000, maxStale: 0 });
    const address = parseAddress(`http://127.0.0.1:${port}`) as Address;
    await cache.current(bucketWith(bucketSource('x', askForRules(address, readByFetch))));
    expect(cache.status('b').failure?.cause).toContain(`ECONNREFUSED 127.0.0.1:${port}`);
  });
});

describe('a URL', () => {
  const secret = 'hush-7f3a';
  const source = (path = `/rules.xml?token=${secret}`) =>
    urlSource(server.url() + path, ({ headers, ...rest }) => readByFetch(server.url() + path, headers, rest));

  test('is requested with its query, which its name omits', async () => {
    server.answer = sends(200, ONE);
    expect(source()).toMatchObject({ kind: 'url', name: `${server.url()}/rules.xml` });
    expect(await source().load(soon())).toMatchObject({ outcome: 'rules' });
    expect(server.seen[0]?.url).toBe(`/rules.xml?token=${secret}`);
  });

  test.each([
    ['answers 404', sends(404, 'no'), /rules\.xml answered 404$/],
    ['answers 204, which only a bucket may answer', sends(204), /answered 204$/],
    ['redirects', sends(302, '', { Location: '/elsewhere' }), /answered 302$/],
    ['answers an HTML page', sends(200, '<html></html>'), /HTML page/],
    [
      'answers a document with an unknown method, which is read strictly',
      sends(200, ONE.replace('GET', 'COPY')),
      /CORSRule\[1\]\/AllowedMethod\[1\] "COPY"/,
    ],
    ['answers a document over the limit', sends(200, padded(MAX_DOCUMENT_BYTES + 1)), /longer than 65536/],
    ['closes the connection', (_, response) => void response.socket?.destroy(), /could not be read/],
  ] as [string, RequestListener, RegExp][])(
    'that %s is unknown, and its failure does not contain the secret of the URL',
    async (_, answer, cause) => {
      server.answer = answer;
      const cache = createRulesCache({ ttl: 1000, maxStale: 0 });
      await cache.current(bucketWith(source()));
      const { failure, state } = cache.status('b');
      expect(state).toBe('unavailable');
      expect(failure?.cause).toMatch(cause);
      expect(JSON.stringify(failure)).not.toContain(secret);
    },
  );

  test('with a password never shows it in a fault or a failure', async () => {
    const parsed = parseRules(
      `http://user:${secret}@127.0.0.1:${new URL(server.url()).port}/r.xml?token=${secret}`,
    );
    expect(JSON.stringify('value' in parsed ? '' : parsed)).not.toContain(secret);
    if (!('value' in parsed) || parsed.value.kind !== 'url') return;
    const { url } = parsed.value;
    const cache = createRulesCache({ ttl: 1000, maxStale: 0 });
    await cache.current(bucketWith(urlSource(url, (asked) => readByFetch(url, [], asked))));
    expect(JSON.stringify(cache.status('b').failure)).not.toContain(secret);
  });
});

describe('a document in the option itself', () => {
  test.each([
    ['XML', ONE],
    ['JSON', '{"CORSRules":[{"AllowedOrigins":["*"],"AllowedMethods":["GET"]}]}'],
  ])('is read as %s', async (_, text) => {
    expect(inlineSource(text)).toMatchObject({ kind: 'inline', name: 'inline' });
    expect(await inlineSource(text).load(soon())).toMatchObject({
      outcome: 'rules',
      ruleSet: { rules: [{ allowedOrigins: ['*'], allowedMethods: ['GET'] }] },
    });
  });

  test('is read strictly, and each fault is listed', async () => {
    const loaded = await inlineSource(ONE.replace('GET', 'get').replace('*', 'https://*.*')).load(soon());
    expect(loaded).toMatchObject({ outcome: 'unknown', cure: 'Correct the document and start again.' });
    expect('faults' in loaded && loaded.faults?.map(({ place }) => place)).toEqual([
      'CORSRule[1]/AllowedOrigin[1]',
      'CORSRule[1]/AllowedMethod[1]',
    ]);
  });
});
