import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Call, call, corsHeaders, element, value } from '../helpers/client.ts';
import { type InWorkerd, openInWorkerd } from './_bundled.ts';

const ORIGIN = 'http://localhost:3000';
const STRANGER = 'https://stranger.example';
const TOKEN = 'the-token-of-the-test';
const EARLIER = 'Sat, 01 Jan 2000 00:00:00 GMT';
const LATER = 'Fri, 01 Jan 2100 00:00:00 GMT';
const OBJECT = 'abcdefghij';
const ZIPPED = gzipSync('a text that is long enough '.repeat(20));
const CORS = {
  'access-control-allow-origin': ORIGIN,
  'access-control-allow-methods': 'GET, HEAD, PUT',
  'access-control-expose-headers': 'ETag, Content-Range',
  'access-control-max-age': '600',
  'access-control-allow-credentials': 'true',
};

let worker: InWorkerd | undefined;

beforeAll(async () => {
  worker = await openInWorkerd('examples/r2/worker.js', { UPLOAD_TOKEN: TOKEN });
  await upload('/a/key', OBJECT, { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=60' });
  await upload('/zipped', ZIPPED, { 'Content-Encoding': 'gzip' });
}, 60_000);

afterAll(() => worker?.close());

const ask = (about: Omit<Call, 'headers'>, headers: Record<string, string> = {}) =>
  call(worker?.url ?? '', { target: '/a/key', ...about, headers: Object.entries(headers).flat() });

async function upload(target: string, body: Buffer | string, headers: Record<string, string>) {
  const put = await ask({ method: 'PUT', target, body }, { ...headers, Authorization: `Bearer ${TOKEN}` });
  expect(put.status).toBe(200);
  return put;
}

describe('the R2 example in workerd', () => {
  test('sends an object with the headers of the rule, and without them to another origin', async () => {
    const allowed = await ask({}, { Origin: ORIGIN });
    expect(allowed).toMatchObject({ status: 200, complete: true });
    expect(allowed.body.toString()).toBe(OBJECT);
    expect(corsHeaders(allowed)).toEqual(CORS);
    expect(value(allowed, 'vary')).toBe('Origin');
    expect(value(allowed, 'content-length')).toBe('10');
    expect(value(allowed, 'cache-control')).toBe('max-age=60');
    const refused = await ask({}, { Origin: STRANGER });
    expect(refused.status).toBe(200);
    expect(corsHeaders(refused)).toEqual({});
    expect(value(refused, 'vary')).toBe('Origin');
  });

  test.each([
    ['GET', ORIGIN, 200, undefined],
    ['PUT', ORIGIN, 200, undefined],
    ['DELETE', ORIGIN, 403, 'method_not_allowed'],
    ['GET', STRANGER, 403, 'origin_not_allowed'],
  ])('answers a preflight for %s from %s by %i', async (method, origin, status, reason) => {
    const headers = { Origin: origin, 'Access-Control-Request-Method': method };
    const answered = await ask({ method: 'OPTIONS' }, headers);
    expect(answered.status).toBe(status);
    expect(element(answered, 'Reason')).toBe(reason);
    expect(corsHeaders(answered)).toEqual(status === 200 ? CORS : {});
    expect(value(answered, 'vary')).toMatch(/^Origin, /);
  });

  test('answers 304 to a client that has the object, and 412 if a condition fails', async () => {
    const etag = value(await ask({}), 'etag') ?? '';
    const known = await ask({}, { Origin: ORIGIN, 'If-None-Match': etag });
    expect(known).toMatchObject({ status: 304, body: Buffer.alloc(0) });
    expect(value(known, 'etag')).toBe(etag);
    expect(corsHeaders(known)).toEqual(CORS);
    expect(value(known, 'vary')).toBe('Origin');
    const changed = await ask({}, { Origin: ORIGIN, 'If-Match': '"another"' });
    expect(changed.status).toBe(412);
    expect(corsHeaders(changed)).toEqual(CORS);
  });

  test.each<readonly [string, string, (etag: string) => Record<string, string>, number]>([
    ['a client that has the object, by HEAD,', 'HEAD', (etag) => ({ 'If-None-Match': etag }), 304],
    ['a client that has it by a weak tag', 'GET', (etag) => ({ 'If-None-Match': `"a", W/${etag}` }), 304],
    ['a client that has it by its time', 'HEAD', () => ({ 'If-Modified-Since': LATER }), 304],
    [
      'another tag beside the time',
      'GET',
      () => ({ 'If-None-Match': '"a"', 'If-Modified-Since': LATER }),
      200,
    ],
    ['an invalid tag', 'GET', () => ({ 'If-None-Match': 'unquoted' }), 400],
    ['an invalid tag to match', 'HEAD', () => ({ 'If-Match': 'unquoted' }), 400],
    ['an invalid time', 'GET', () => ({ 'If-Modified-Since': 'yesterday' }), 200],
    ['another object to match', 'HEAD', () => ({ 'If-Match': '"a"' }), 412],
    [
      'another to match than the one he has',
      'GET',
      (etag) => ({ 'If-Match': '"a"', 'If-None-Match': etag }),
      412,
    ],
    ['an earlier object', 'GET', () => ({ 'If-Unmodified-Since': EARLIER }), 412],
    [
      'an earlier object beside a tag',
      'GET',
      () => ({ 'If-Unmodified-Since': EARLIER, 'If-None-Match': '"a"' }),
      412,
    ],
    ['an earlier object by HEAD', 'HEAD', () => ({ 'If-Unmodified-Since': EARLIER }), 412],
  ])('answers %s (%s) with %i', async (_, method, conditions, status) => {
    const etag = value(await ask({}), 'etag') ?? '';
    const answered = await ask({ method }, { Origin: ORIGIN, ...conditions(etag) });
    expect(answered.status).toBe(status);
    expect(corsHeaders(answered)).toEqual(CORS);
  });

  test('accepts an upload only with a length and if its condition is met', async () => {
    const headers = { Origin: ORIGIN, Authorization: `Bearer ${TOKEN}` };
    const put = (more: Record<string, string>) =>
      ask({ method: 'PUT', target: '/a/key', body: 'changed' }, { ...headers, ...more });
    expect((await put({ 'If-None-Match': '*' })).status).toBe(412);
    expect((await put({ 'If-Match': '"another"' })).status).toBe(412);
    const unmeasured = await put({ 'Transfer-Encoding': 'chunked' });
    expect(unmeasured.status).toBe(411);
    expect(corsHeaders(unmeasured)).toEqual(CORS);
    expect((await ask({})).body.toString()).toBe(OBJECT);
  });

  test.each([
    ['as long as R2 takes', 'a'.repeat(1024), 404],
    ['longer', 'a'.repeat(1025), 400],
    ['longer in bytes alone', '%E4%BD%A0'.repeat(342), 400],
  ])('answers a request for a key that is %s', async (_, key, status) => {
    expect((await ask({ target: `/${key}` }, { Origin: ORIGIN })).status).toBe(status);
  });

  test.each([
    ['bytes=2-4', 206, 'cde', 'bytes 2-4/10'],
    ['bytes=7-', 206, 'hij', 'bytes 7-9/10'],
    ['bytes=-2', 206, 'ij', 'bytes 8-9/10'],
    ['bytes=0-99', 200, OBJECT, undefined],
    ['bytes=50-60', 200, OBJECT, undefined],
  ])('answers the range %s with %i', async (range, status, body, expected) => {
    const answered = await ask({}, { Origin: ORIGIN, Range: range });
    expect(answered.status).toBe(status);
    expect(answered.body.toString()).toBe(body);
    expect(value(answered, 'content-range')).toBe(expected);
    expect(corsHeaders(answered)).toEqual(CORS);
  });

  test('sends a compressed object byte for byte', async () => {
    const answered = await ask({ target: '/zipped' }, { Origin: ORIGIN, 'Accept-Encoding': 'gzip' });
    expect(value(answered, 'content-encoding')).toBe('gzip');
    expect(answered.body.equals(ZIPPED)).toBe(true);
  });

  test('answers HEAD without the body', async () => {
    const answered = await ask({ method: 'HEAD' }, { Origin: ORIGIN });
    expect(answered).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(value(answered, 'content-length')).toBe('10');
    expect(corsHeaders(answered)).toEqual(CORS);
  });

  test.each([
    ['a key that is not there', 'GET', '/nothing', 404],
    ['the root, which no handler serves', 'GET', '/', 404],
    ['an upload without the token', 'PUT', '/a/key', 401],
    ['a method that no handler serves', 'DELETE', '/a/key', 404],
  ])('answers %s with the headers of the rule for its method', async (_, method, target, status) => {
    const answered = await ask({ method, target }, { Origin: ORIGIN });
    expect(answered.status).toBe(status);
    expect(corsHeaders(answered)).toEqual(method === 'DELETE' ? {} : CORS);
  });

  test('accepts an upload', async () => {
    const put = await upload('/new', 'uploaded', { Origin: ORIGIN, 'Content-Type': 'text/x-mine' });
    expect(corsHeaders(put)).toEqual(CORS);
    const got = await ask({ target: '/new' }, { Origin: ORIGIN });
    expect(got.body.toString()).toBe('uploaded');
    expect(value(got, 'content-type')).toBe('text/x-mine');
    expect(value(got, 'etag')).toBe(value(put, 'etag'));
  });
});
