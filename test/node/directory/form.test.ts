import { describe, expect, test } from 'vitest';
import { signText } from '../../../src/bucket/sign/chain.ts';
import { basicDate } from '../../../src/bucket/sign/date.ts';
import { ossV1SignText } from '../../../src/bucket/sign/oss-v1.ts';
import { OSS_V4 } from '../../../src/bucket/sign/oss-v4.ts';
import { S3_V4 } from '../../../src/bucket/sign/s3-v4.ts';
import { KEYS, TEMPORARY } from '../../helpers/signed.ts';
import { textsOf, useKeyedBucket } from './_keyed.ts';

type Fields = Record<string, string>;
type Conditions = readonly unknown[];

const MINUTE = 60_000;
const SCOPE = { date: basicDate(Date.now()), region: 'cn-hangzhou' };
const encode = (conditions: Conditions, ends = Date.now() + MINUTE): string =>
  Buffer.from(JSON.stringify({ expiration: new Date(ends).toISOString(), conditions })).toString('base64');

const v4 =
  (chain: typeof S3_V4, names: readonly [string, string, string, string]) =>
  async (policy: string, { accessKeyId, accessKeySecret } = KEYS): Promise<Fields> => {
    const [algorithm, credential, date, signature] = names;
    return {
      policy,
      [algorithm]: chain.algorithm,
      [credential]: `${accessKeyId}/${SCOPE.date.slice(0, 8)}/${SCOPE.region}/${chain.service}/${chain.terminator}`,
      [date]: SCOPE.date,
      [signature]: await signText(chain, accessKeySecret, SCOPE, policy),
    };
  };

/** How each scheme signs a policy. */
const SCHEMES = {
  'OSS V1': async (policy: string, { accessKeyId, accessKeySecret } = KEYS): Promise<Fields> => ({
    policy,
    OSSAccessKeyId: accessKeyId,
    Signature: await ossV1SignText(accessKeySecret, policy),
  }),
  'OSS V4': v4(OSS_V4, ['x-oss-signature-version', 'x-oss-credential', 'x-oss-date', 'x-oss-signature']),
  SigV4: v4(S3_V4, ['x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-signature']),
};
type Scheme = keyof typeof SCHEMES;

/** S3 asks for conditions for the fields of the signature too. */
const OWN: Conditions = ['x-amz-algorithm', 'x-amz-credential', 'x-amz-date'].map((name) => [
  'starts-with',
  `$${name}`,
  '',
]);
const ANY: Conditions = [['starts-with', '$key', 'up/']];

const bucketOf = { oss: useKeyedBucket('oss'), s3: useKeyedBucket('s3') };

async function post(
  scheme: Scheme,
  fields: Fields,
  { content = 'content', conditions = ANY, name = 'a ü.txt' } = {},
) {
  const signed = await SCHEMES[scheme](encode(scheme === 'SigV4' ? [...conditions, ...OWN] : conditions));
  return send(scheme, { key: 'up/a', ...signed, ...fields }, content, name);
}

async function send(scheme: Scheme, fields: Fields, content = 'content', name = 'a ü.txt') {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set('file', new Blob([content]), name);
  const bucket = bucketOf[scheme === 'SigV4' ? 's3' : 'oss'];
  const answered = await fetch(`${bucket.url}/`, { method: 'POST', body: form, redirect: 'manual' });
  const text = await answered.text();
  const [code] = textsOf(text, 'Code');
  return {
    status: answered.status,
    headers: answered.headers,
    text,
    said: code === undefined ? String(answered.status) : `${answered.status} ${code}`,
    read: bucket.read,
  };
}

describe.each(Object.keys(SCHEMES) as Scheme[])('a form signed by %s', (scheme) => {
  test('stores its file', async () => {
    const { said, read, headers } = await post(scheme, {});
    expect([said, await read('up/a')]).toEqual(['204', 'content']);
    expect(headers.get('etag')).toMatch(scheme === 'SigV4' ? /^"[0-9a-f]{32}"$/ : /^"[0-9A-F]{32}"$/);
  });

  test('takes the name of the file into the key', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as forms write it
    const { said, read } = await post(scheme, { key: 'up/${filename}' }, { content: 'named' });
    expect([said, await read('up/a ü.txt')]).toEqual(['204', 'named']);
  });

  test('answers with the status that it asks for', async () => {
    const conditions = [...ANY, ['starts-with', '$success_action_status', '']];
    expect((await post(scheme, { success_action_status: '200' }, { conditions })).said).toBe('200');
    expect((await post(scheme, { success_action_status: '500' }, { conditions })).said).toBe('204');
    const { said, text } = await post(scheme, { success_action_status: '201' }, { conditions });
    expect([said, textsOf(text, 'Key'), textsOf(text, 'Bucket')]).toEqual(['201', ['up/a'], ['media']]);
    expect(textsOf(text, 'Location')[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/up\/a$/);
  });

  test('sends the page on, to an address of the web alone', async () => {
    const conditions = [...ANY, ['starts-with', '$success_action_redirect', '']];
    const to = (url: string) => post(scheme, { success_action_redirect: url }, { conditions });
    const { said, headers } = await to('https://page.example/done?a=1');
    expect([said, headers.get('location')]).toEqual([
      '303',
      expect.stringMatching(/^https:\/\/page\.example\/done\?a=1&bucket=media&key=up%2Fa&etag=%22\w{32}%22$/),
    ]);
    expect((await to('javascript:alert(1)')).said).toBe('204');
  });

  test.each<[string, Fields, string]>([
    ['another key', { key: 'down/a' }, '403 AccessDenied'],
    ['a key out of the folder', { key: 'up/../../a' }, '400 InvalidObjectName'],
    ['a key that is no UTF-8', { key: 'up/\u{FFFD}' }, '400 InvalidObjectName'],
    ['a hidden key', { key: 'up/.bucket-cors-x' }, '400 InvalidObjectName'],
    ['no key', { key: '' }, '400 InvalidArgument'],
    ['another policy', { policy: encode([]) }, '403 SignatureDoesNotMatch'],
  ])('is refused with %s', async (_, fields, code) => expect((await post(scheme, fields)).said).toBe(code));

  test('is refused with a wrong signature, whose string to sign it shows', async () => {
    const policy = encode(ANY);
    const signed = await SCHEMES[scheme](policy, { ...KEYS, accessKeySecret: 'wrong' });
    const { said, text } = await send(scheme, { key: 'up/a', ...signed });
    expect([said, textsOf(text, 'StringToSign')]).toEqual(['403 SignatureDoesNotMatch', [policy]]);
  });

  test('is refused with an unknown key', async () => {
    const signed = await SCHEMES[scheme](encode(ANY), { ...KEYS, accessKeyId: 'none' });
    expect((await send(scheme, { key: 'up/a', ...signed })).said).toBe('403 InvalidAccessKeyId');
  });

  test('needs the token of a temporary key', async () => {
    const token = scheme === 'SigV4' ? 'x-amz-security-token' : 'x-oss-security-token';
    const conditions = scheme === 'SigV4' ? [...ANY, ...OWN, ['starts-with', `$${token}`, '']] : ANY;
    const signed = { key: 'up/a', ...(await SCHEMES[scheme](encode(conditions), TEMPORARY)) };
    expect((await send(scheme, { ...signed, [token]: TEMPORARY.securityToken ?? '' })).said).toBe('204');
    expect((await send(scheme, signed)).said).toBe('403 InvalidAccessKeyId');
    expect((await send(scheme, { ...signed, [token]: 'other' })).status).toBeGreaterThanOrEqual(400);
  });

  test('is refused when its policy has ended', async () => {
    const signed = await SCHEMES[scheme](encode(ANY, Date.now() - 1000));
    const { said, text } = await send(scheme, { key: 'up/a', ...signed });
    expect([said, textsOf(text, 'Message')]).toEqual([
      '403 AccessDenied',
      ['Invalid according to Policy: Policy expired.'],
    ]);
  });

  test('is refused outside of its sizes, and leaves the old object', async () => {
    const conditions = [...ANY, ['content-length-range', 5, 10]];
    const sized = (content: string) => post(scheme, { key: 'up/sized' }, { content, conditions });
    expect((await sized('12345')).said).toBe('204');
    expect((await sized('1234')).said).toBe('400 EntityTooSmall');
    expect((await sized('x'.repeat(11))).said).toBe('400 EntityTooLarge');
    const { said, read } = await sized('x'.repeat(3_000_000));
    expect([said, await read('up/sized')]).toEqual(['400 EntityTooLarge', '12345']);
  });

  test('that asks for a callback is refused, since no server is called', async () => {
    const conditions = [...ANY, ['starts-with', '$callback', '']];
    expect((await post(scheme, { callback: 'e30=' }, { conditions })).said).toBe('501 NotImplemented');
  });
});

test('a form without a policy is refused', async () => {
  expect((await send('OSS V1', { key: 'up/a' })).said).toBe('403 AccessDenied');
});

test('a form that is cut off stores nothing', async () => {
  const bucket = bucketOf.oss;
  const fields = Object.entries({ key: 'up/cut', ...(await SCHEMES['OSS V1'](encode(ANY))) });
  const parts = fields.map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const file = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncontent';
  const type = ['Content-Type', 'multipart/form-data; boundary=b'];
  for (const end of ['', '\r\n', '\r\n--b', '\r\n--b\r\n'])
    expect((await bucket.send('POST', '/', type, parts.join('') + file + end)).said).toBe(
      '400 MalformedPOSTRequest',
    );
  expect(await bucket.read('up/cut')).toBeNull();
  expect((await bucket.files()).filter((name) => name.includes('.bucket-cors-'))).toEqual([]);
});
