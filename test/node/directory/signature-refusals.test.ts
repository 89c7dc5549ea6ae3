import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../../src/node/directory/server.ts';
import { ALL, KEYS, NOW, signed, TEMPORARY } from '../../bucket/verify/_forms.ts';
import { codeOf } from './_bucket.ts';
import { attemptBy, send, useSignedBucket } from './_signature.ts';

useSignedBucket();

// test/bucket/verify has every reason for a refusal.
describe.each(ALL)('a request signed by %s', (form) => {
  test('is served', async () => expect(await attemptBy(form)).toBe('content'));

  test('is served with a temporary key and its token', async () =>
    expect(await attemptBy(form, { credentials: TEMPORARY })).toBe('content'));

  test('gets the bucket’s own errors', async () =>
    expect(await attemptBy(form, { target: '/?cors' })).toBe('404 NoSuchCORSConfiguration'));

  test('is refused with a wrong secret', async () =>
    expect(await attemptBy(form, { credentials: { ...KEYS, accessKeySecret: 'ks' } })).toBe(
      '403 SignatureDoesNotMatch',
    ));

  test(`is ${form.startsWith('OSS') ? 'refused' : 'served'} for a bucket of another name`, async () =>
    expect(await attemptBy(form, { bucket: 'other' })).toBe(
      form.startsWith('OSS') ? '403 SignatureDoesNotMatch' : 'content',
    ));

  test('is refused by another method', async () =>
    expect(await attemptBy(form, { change: (sent) => ({ ...sent, method: 'DELETE' }) })).toBe(
      '403 SignatureDoesNotMatch',
    ));
});

describe('behind the prefix /b, which an edge removes', () => {
  let around: string;
  let open: OpenDirectoryBucket;
  beforeAll(async () => {
    around = await mkdtemp(join(tmpdir(), 'prefixed-bucket-'));
    await mkdir(join(around, 'a'));
    await writeFile(join(around, 'a', 'x.txt'), 'of the bucket behind /b');
    const options = { folder: around, credentials: KEYS, dialect: 's3', prefix: '/b' } as const;
    open = await openDirectoryBucket({ ...options, wallClock: () => NOW });
  });
  afterAll(async () => {
    await open.close();
    await rm(around, { recursive: true });
  });
  const said = async (form: string, signedFor: string, arrives: string) => {
    const { host } = new URL(open.url);
    const { headers, target, method } = await signed(form, { host, target: signedFor });
    const sent = { method: method as 'GET', headers: [...headers] };
    const { statusCode, body } = await request(`${open.url}${target.replace(signedFor, arrives)}`, sent);
    const text = await body.text();
    return statusCode === 200 ? text : `${statusCode} ${codeOf(text)}`;
  };

  test.each(['SigV4 header', 'SigV4 URL'])('%s covers the prefix', async (form) =>
    expect(await said(form, '/b/a/x.txt', '/a/x.txt')).toBe('of the bucket behind /b'),
  );

  // `/a/x.txt` of the whole edge is the object x.txt of another bucket, with the same keys.
  test.each(['SigV4 header', 'SigV4 URL'])('%s for a bucket behind /a is refused', async (form) =>
    expect(await said(form, '/a/x.txt', '/a/x.txt')).toBe('403 SignatureDoesNotMatch'),
  );

  test('the edge itself asks for the rules without the prefix', async () =>
    expect(await said('SigV4 header', '/?cors', '/?cors')).toBe('404 NoSuchCORSConfiguration'));
});

test('a request without a signature is refused', async () => {
  const change = (sent: { method: string; target: string }) => ({ ...sent, headers: [] });
  expect(await attemptBy('OSS V1 header', { change })).toBe('403 AccessDenied');
});

test('a refusal contains no secret', async () => {
  const { body } = await send(
    await signed('OSS V4 header', { credentials: { ...TEMPORARY, accessKeySecret: 'wrong' } }),
  );
  expect(body).toContain('SignatureDoesNotMatch');
  for (const secret of ['tsk', 'wrong', 'token<']) expect(body).not.toContain(secret);
});

test('a preflight needs no signature', async () => {
  expect((await send({ method: 'OPTIONS', target: '/a', headers: [] })).status).toBe(405);
});
