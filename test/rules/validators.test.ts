import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/bucket/address.ts';
import { askForRules, readByFetch } from '../../src/bucket/read.ts';
import type { Address } from '../../src/bucket/transport.ts';
import { bucketSource } from '../../src/rules/bucket.ts';
import type { Source, Validators } from '../../src/rules/source.ts';
import { urlSource } from '../../src/rules/url.ts';

const ONE =
  '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';
const DATE = 'Sat, 16 Dec 2023 16:20:57 GMT';

let server: Server;
let base = '';
let answer: RequestListener = () => undefined;
let asked: IncomingHttpHeaders = {};

beforeAll(async () => {
  server = createServer((request, response) => {
    asked = request.headers;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = {};
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const sends =
  (status: number, body = '', headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(body);
const load = (source: Source, previous?: Validators) => source.load(AbortSignal.timeout(4000), previous);

describe.each([
  ['a bucket', () => bucketSource('b', askForRules(parseAddress(base) as Address, readByFetch))],
  ['a URL', () => urlSource(base, ({ headers, ...limits }) => readByFetch(base, headers, limits))],
])('%s', (_, source) => {
  test.each([
    ['an ETag', { ETag: '"v1"' }, { etag: '"v1"' }],
    ['a weak ETag', { ETag: 'W/"v1"' }, { etag: 'W/"v1"' }],
    ['a date', { 'Last-Modified': DATE }, { lastModified: DATE }],
    ['both', { ETag: '"v1"', 'Last-Modified': DATE }, { etag: '"v1"', lastModified: DATE }],
  ])('that gives %s gives it with the rules', async (_name, headers, validators) => {
    answer = sends(200, ONE, headers);
    expect(await load(source())).toMatchObject({ outcome: 'rules', validators });
    expect(asked).not.toHaveProperty('if-none-match');
    expect(asked).not.toHaveProperty('if-modified-since');
  });

  test.each([
    ['gives neither', {}],
    ['gives an empty one', { ETag: '' }],
  ])('that %s has no validators', async (_name, headers) => {
    answer = sends(200, ONE, headers);
    expect(await load(source())).not.toHaveProperty('validators');
  });

  test('is asked with what it gave before', async () => {
    answer = sends(200, ONE, { ETag: '"v2"' });
    const loaded = await load(source(), { etag: '"v1"', lastModified: DATE });
    expect(asked).toMatchObject({ 'if-none-match': '"v1"', 'if-modified-since': DATE });
    expect(loaded).toMatchObject({ outcome: 'rules', validators: { etag: '"v2"' } });
    await load(source(), { lastModified: DATE });
    expect(asked).toMatchObject({ 'if-modified-since': DATE });
    expect(asked).not.toHaveProperty('if-none-match');
  });

  test.each([
    ['by its ETag', { etag: '"v1"' }],
    ['by its date', { lastModified: DATE }],
  ])('that has not changed says so %s', async (_name, previous) => {
    answer = sends(304);
    expect(await load(source(), previous)).toEqual({ outcome: 'unchanged' });
  });

  test.each([
    ['not asked whether anything has changed', undefined],
    ['asked with nothing to compare', {}],
  ])('that answers 304, %s, is unknown', async (_name, previous) => {
    answer = sends(304);
    expect(await load(source(), previous)).toMatchObject({
      outcome: 'unknown',
      cause: expect.stringContaining('304'),
    });
  });

  test('whose document can not be read gives no validators, so that it is read again', async () => {
    answer = sends(200, 'oops', { ETag: '"v1"' });
    const loaded = await load(source(), { etag: '"v0"' });
    expect(loaded).toMatchObject({ outcome: 'unknown' });
    expect(loaded).not.toHaveProperty('validators');
  });
});

test('a bucket that lost its rules is not taken for unchanged', async () => {
  answer = sends(404, '<Error><Code>NoSuchCORSConfiguration</Code></Error>', { ETag: '"v1"' });
  const source = bucketSource('b', askForRules(parseAddress(base) as Address, readByFetch));
  expect(await load(source, { etag: '"v1"' })).toEqual({ outcome: 'none' });
});
