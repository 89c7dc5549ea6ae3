import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyBody, verifyRequest } from '../../../src/bucket/verify/verify.ts';
import { OPTIONS, signed } from './_forms.ts';

const md5 = async (bytes: Uint8Array) => new Uint8Array(createHash('md5').update(bytes).digest());

// @aws-sdk/s3-request-presigner moves these headers into the URL, and S3 checks them.
test.each([
  ['SigV4 URL', 'x-amz-checksum-crc32=y%2FQ5Jg%3D%3D', '123456789', 'accepted'],
  ['SigV4 URL', 'X-Amz-Checksum-Crc32=y%2FQ5Jg%3D%3D', '12345678', 'BadDigest'],
  ['SigV4 URL', 'x-amz-checksum-crc32=y%2FQ5Jg%3D%3D', '12345678', 'BadDigest'],
  ['SigV4 URL', 'x-amz-checksum-md9=x', '123456789', 'NotImplemented'],
  ['SigV4 URL', 'x-amz-sdk-checksum-algorithm=CRC32', '123456789', 'accepted'],
  ['OSS V4 URL', 'x-amz-checksum-crc32=x', '123456789', 'accepted'],
])('a URL by %s with %s and the body %s: %s', async (form, parameter, body, outcome) => {
  const sent = await signed(form, { method: 'PUT', target: `/?cors&${parameter}` });
  const checked = await verifyRequest({ ...sent, key: sent.target }, OPTIONS);
  if (!checked.ok) throw new Error(checked.refusal.code);
  const bytes = new TextEncoder().encode(body);
  const read = await verifyBody(checked.value, sent.headers, bytes, { dialect: 's3', md5 });
  expect(read.ok ? 'accepted' : read.refusal.code).toBe(outcome);
});

test('keys that cannot be read reject', async () => {
  const sent = await signed('OSS V4 header');
  const keys = () => Promise.reject(new Error('the file is gone'));
  await expect(verifyRequest({ ...sent, key: sent.target }, { ...OPTIONS, keys })).rejects.toThrow(
    'the file is gone',
  );
});
