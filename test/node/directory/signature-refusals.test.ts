import { describe, expect, test } from 'vitest';
import { ALL, KEYS, signed, TEMPORARY } from '../../bucket/verify/_forms.ts';
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
