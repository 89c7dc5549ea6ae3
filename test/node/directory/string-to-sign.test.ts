import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { KEYS, signed, TEMPORARY } from '../../helpers/signed.ts';
import { type KeyedBucket, textsOf, useKeyedBucket } from './_keyed.ts';

const buckets = { oss: useKeyedBucket('oss'), s3: useKeyedBucket('s3') };

const plain = (xml: string) => xml.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

async function refusedBy(bucket: KeyedBucket, form: Parameters<typeof signed>[0], keys = KEYS) {
  const { host } = new URL(bucket.url);
  const wrong = { ...keys, accessKeySecret: 'wrong' };
  const sent = await signed(form, {
    method: 'GET',
    target: '/a%20é?acl',
    host,
    bucket: 'media',
    keys: wrong,
  });
  const { said, text } = await bucket.send('GET', sent.target, sent.headers);
  expect(said).toBe('403 SignatureDoesNotMatch');
  return { text, sent };
}

test('to a wrong signature of OSS V1 the answer is what the right one signs', async () => {
  const { text, sent } = await refusedBy(buckets.oss, 'OSS V1 header');
  const toSign = plain(textsOf(text, 'StringToSign')[0] ?? '');
  expect(toSign).toMatch(/^GET\n\n\n.*\n\/media\/a é\?acl$/);
  const right = createHmac('sha1', KEYS.accessKeySecret).update(toSign).digest('base64');
  const headers = sent.headers.map((value) =>
    value.startsWith('OSS ') ? `OSS ${KEYS.accessKeyId}:${right}` : value,
  );
  expect((await buckets.oss.send('GET', sent.target, headers)).said).toBe('501 NotImplemented');
});

test.each([
  ['oss', 'OSS V4 header'],
  ['s3', 'SigV4 header'],
  ['s3', 'SigV4 URL'],
  ['oss', 'OSS V4 URL'],
] as const)('to a wrong signature the answer of %s has both texts of %s', async (dialect, form) => {
  const { text } = await refusedBy(buckets[dialect], form);
  expect(textsOf(text, 'StringToSign')[0]).toMatch(
    /^(OSS|AWS)4-HMAC-SHA256\n\d{8}T\d{6}Z\n\d{8}\/.*_request\n[0-9a-f]{64}$/i,
  );
  expect(plain(textsOf(text, 'CanonicalRequest')[0] ?? '')).toContain('GET\n/');
});

test.each([
  'OSS V1 header',
  'OSS V4 header',
  'SigV4 header',
  'OSS V1 URL',
  'OSS V4 URL',
  'SigV4 URL',
] as const)('the texts of %s have no token and no signature of the client', async (form) => {
  const keys = { ...TEMPORARY, securityToken: 'S3CRET/T0KEN+x=' };
  const bucket = buckets[form.startsWith('OSS') ? 'oss' : 's3'];
  const wrong = { ...keys, accessKeySecret: 'wrong' };
  const { host } = new URL(bucket.url);
  // The token is the right one; otherwise it is refused first.
  const sent = await signed(form, {
    method: 'GET',
    target: '/a',
    host,
    bucket: 'media',
    keys: { ...wrong, securityToken: TEMPORARY.securityToken ?? '' },
  });
  const { text } = await bucket.send('GET', sent.target, sent.headers);
  expect(text).toContain('StringToSign');
  expect(plain(text).replaceAll(/security-token/gi, '')).not.toMatch(/[:=]token/);
  for (const [, signature] of `${sent.target} ${sent.headers.join(' ')}`.matchAll(
    /(?:signature=|OSS [^:]+:)([\w%+/=]{20,})/gi,
  ))
    expect(text).not.toContain(signature);
});
