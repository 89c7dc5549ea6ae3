import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/bucket/address.ts';
import { askForRules, readByFetch } from '../../src/bucket/read.ts';
import type { Address } from '../../src/bucket/transport.ts';
import type { Source, Validators } from '../../src/rules/source.ts';
import { bucketSource } from '../../src/rules/sources/bucket.ts';
import { urlSource } from '../../src/rules/sources/url.ts';
import { ONE, sends, useServer } from './_server.ts';

const DATE = 'Sat, 16 Dec 2023 16:20:57 GMT';

const server = useServer();
/** The headers of the last request. */
const lastHeaders = () => server.seen.at(-1)?.headers;
const bucket = () => bucketSource('b', askForRules(parseAddress(server.url()) as Address, readByFetch));
const url = () =>
  urlSource(server.url(), ({ headers, ...limits }) => readByFetch(server.url(), headers, limits));
const load = (source: Source, previous?: Validators) => source.load(AbortSignal.timeout(4000), previous);

describe.each([
  ['a bucket', bucket],
  ['a URL', url],
])('%s', (_, source) => {
  test.each([
    ['an ETag', { ETag: '"v1"' }, { etag: '"v1"' }],
    ['a weak ETag', { ETag: 'W/"v1"' }, { etag: 'W/"v1"' }],
    ['a date', { 'Last-Modified': DATE }, { lastModified: DATE }],
    ['both', { ETag: '"v1"', 'Last-Modified': DATE }, { etag: '"v1"', lastModified: DATE }],
  ])('that sends %s gives it as a validator with the rules', async (_name, headers, validators) => {
    server.answer = sends(200, ONE, headers);
    expect(await load(source())).toMatchObject({ outcome: 'rules', validators });
    expect(lastHeaders()).not.toHaveProperty('if-none-match');
    expect(lastHeaders()).not.toHaveProperty('if-modified-since');
  });

  test.each([
    ['sends no validators', {}],
    ['sends an empty ETag', { ETag: '' }],
  ])(
    'that %s is requested unconditionally, and an identical document is unchanged',
    async (_name, headers) => {
      server.answer = sends(200, ONE, headers);
      const loaded = await load(source());
      const { validators } = loaded.outcome === 'rules' ? loaded : {};
      expect(Object.keys(validators ?? {})).toEqual(['text']);
      expect(await load(source(), validators)).toEqual({ outcome: 'unchanged', validators });
      expect(lastHeaders()).not.toHaveProperty('if-none-match');
      expect(lastHeaders()).not.toHaveProperty('if-modified-since');
      server.answer = sends(200, ONE.replace('GET', 'PUT'), headers);
      expect(await load(source(), validators)).toMatchObject({ outcome: 'rules' });
    },
  );

  test('that sends the same document with a new ETag gives the new ETag as a validator', async () => {
    server.answer = sends(200, ONE, { ETag: '"v1"' });
    const first = await load(source());
    const { validators } = first.outcome === 'rules' ? first : {};
    server.answer = sends(200, ONE, { ETag: '"v2"' });
    expect(await load(source(), validators)).toMatchObject({
      outcome: 'unchanged',
      validators: { etag: '"v2"', text: ONE },
    });
  });

  test('is requested with the validators of its last answer', async () => {
    server.answer = sends(200, ONE, { ETag: '"v2"' });
    const loaded = await load(source(), { etag: '"v1"', lastModified: DATE });
    expect(lastHeaders()).toMatchObject({ 'if-none-match': '"v1"', 'if-modified-since': DATE });
    expect(loaded).toMatchObject({ outcome: 'rules', validators: { etag: '"v2"' } });
    await load(source(), { lastModified: DATE });
    expect(lastHeaders()).toMatchObject({ 'if-modified-since': DATE });
    expect(lastHeaders()).not.toHaveProperty('if-none-match');
  });

  test.each([
    ['an ETag', { etag: '"v1"' }],
    ['a date', { lastModified: DATE }],
  ])('that answers 304 to a request with %s is unchanged', async (_name, previous) => {
    server.answer = sends(304);
    expect(await load(source(), previous)).toEqual({ outcome: 'unchanged' });
  });

  test.each([
    ['without validators', undefined],
    ['with empty validators', {}],
  ])('that answers 304 to a request %s is unknown', async (_name, previous) => {
    server.answer = sends(304);
    expect(await load(source(), previous)).toMatchObject({
      outcome: 'unknown',
      cause: expect.stringContaining('304'),
    });
  });

  test('whose document cannot be read gives no validators, so that it is read again', async () => {
    server.answer = sends(200, 'oops', { ETag: '"v1"' });
    const loaded = await load(source(), { etag: '"v0"' });
    expect(loaded).toMatchObject({ outcome: 'unknown' });
    expect(loaded).not.toHaveProperty('validators');
  });
});

test('a bucket whose rules were deleted gives none, although its ETag is the same', async () => {
  server.answer = sends(404, '<Error><Code>NoSuchCORSConfiguration</Code></Error>', { ETag: '"v1"' });
  expect(await load(bucket(), { etag: '"v1"' })).toEqual({ outcome: 'none' });
});
