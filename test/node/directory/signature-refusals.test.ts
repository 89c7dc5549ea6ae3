import { describe, expect, test } from 'vitest';
import {
  type Attempt,
  attemptBy,
  editTarget,
  FORMS,
  KEYS,
  NOW,
  send,
  setHeader,
  TEMPORARY,
  useSignedBucket,
} from './_signature.ts';

useSignedBucket();

const MINUTE = 60_000;
const HEADERS = Object.keys(FORMS).filter((name) => name.endsWith('header'));
const URLS = Object.keys(FORMS).filter((name) => name.endsWith('URL'));
const ALL = Object.keys(FORMS);
const OSS = ALL.filter((name) => name.startsWith('OSS'));
const S3 = ALL.filter((name) => name.startsWith('SigV4'));

describe.each(ALL)('a request signed by %s', (form) => {
  test('is served', async () => expect(await attemptBy(form)).toBe('content'));
  test('is served with a temporary key and its token', async () =>
    expect(await attemptBy(form, { credentials: TEMPORARY })).toBe('content'));
  test('gets the bucket’s own errors', async () =>
    expect(await attemptBy(form, { target: '/?cors' })).toBe('404 NoSuchCORSConfiguration'));
});

const stranger = { ...KEYS, accessKeyId: 'nobody' };
const wrongSecret = { ...KEYS, accessKeySecret: 'ks' };
const wrongToken = { ...TEMPORARY, securityToken: 'nekot' };
const withoutToken = { accessKeyId: 'STS.ak', accessKeySecret: 'tsk' };
const needlessToken = { ...KEYS, securityToken: 'token' };
const authorization = (value: string) => setHeader('authorization', value);

const REFUSALS: readonly (readonly [string, readonly string[], Partial<Attempt>, string])[] = [
  ['an unknown key', ALL, { credentials: stranger }, '403 InvalidAccessKeyId'],
  ['a wrong secret', ALL, { credentials: wrongSecret }, '403 SignatureDoesNotMatch'],
  ['a temporary key without its token', ALL, { credentials: withoutToken }, '403 InvalidAccessKeyId'],
  ['a token with a key that has none', ALL, { credentials: needlessToken }, '403 InvalidAccessKeyId'],
  ['a wrong token', OSS, { credentials: wrongToken }, '403 InvalidSecurityToken'],
  ['a wrong token', S3, { credentials: wrongToken }, '400 InvalidToken'],
  ['another bucket', OSS, { bucket: 'other' }, '403 SignatureDoesNotMatch'],
  ['another object', ALL, { change: editTarget(/a%20b/, 'c') }, '403 SignatureDoesNotMatch'],
  ['another method', ALL, { change: (sent) => ({ ...sent, method: 'DELETE' }) }, '403 SignatureDoesNotMatch'],
  [
    'a subresource added',
    ALL,
    { target: '/a%20b.txt?versionId=1', change: editTarget(/$/, '&acl') },
    '403 SignatureDoesNotMatch',
  ],
  ['a clock 16 minutes slow', HEADERS, { time: NOW - 16 * MINUTE }, '403 RequestTimeTooSkewed'],
  ['a clock 16 minutes fast', HEADERS, { time: NOW + 16 * MINUTE }, '403 RequestTimeTooSkewed'],
  ['a clock 14 minutes slow', HEADERS, { time: NOW - 14 * MINUTE }, 'content'],
  ['a clock 14 minutes fast', ALL, { time: NOW + 14 * MINUTE }, 'content'],
  ['a URL that has expired', URLS, { time: NOW - 16 * MINUTE }, '403 AccessDenied'],
  ['a URL in its last minute', URLS, { time: NOW - 14 * MINUTE }, 'content'],
  ['a URL from the future', ['OSS V4 URL', 'SigV4 URL'], { time: NOW + 16 * MINUTE }, '403 AccessDenied'],
  [
    'a URL with a changed expiry',
    ['OSS V1 URL'],
    { change: editTarget(/Expires=\d/, 'Expires=9') },
    '403 SignatureDoesNotMatch',
  ],
  [
    'a URL whose expiry is not a number',
    ['OSS V1 URL'],
    { change: editTarget(/Expires=\d+/, 'Expires=soon') },
    '403 AccessDenied',
  ],
  [
    'a URL without its signature',
    ['OSS V1 URL'],
    { change: editTarget(/&Signature=.*/, '') },
    '403 AccessDenied',
  ],
  [
    'a URL without its signature',
    ['OSS V4 URL'],
    { change: editTarget(/&x-oss-signature=.*/, '') },
    '400 InvalidArgument',
  ],
  [
    'a URL without its signature',
    ['SigV4 URL'],
    { change: editTarget(/&X-Amz-Signature=.*/, '') },
    '400 AuthorizationQueryParametersError',
  ],
  [
    'a URL for more than seven days',
    ['OSS V4 URL'],
    { change: editTarget(/expires=900/, 'expires=604801') },
    '400 InvalidArgument',
  ],
  [
    'a URL for more than seven days',
    ['SigV4 URL'],
    { change: editTarget(/Expires=900/, 'Expires=604801') },
    '400 AuthorizationQueryParametersError',
  ],
  [
    'a payload hash in a URL',
    ['SigV4 URL'],
    { change: editTarget(/$/, '&X-Amz-Content-Sha256=00') },
    '501 NotImplemented',
  ],
  ['two signatures', HEADERS, { change: editTarget(/$/, '?Signature=x') }, '400 InvalidArgument'],
  ['no signature', HEADERS, { change: (sent) => ({ ...sent, headers: [] }) }, '403 AccessDenied'],
  ['another kind of authorization', HEADERS, { change: authorization('Bearer x') }, '400 InvalidArgument'],
  ['a malformed header', ['OSS V1 header'], { change: authorization('OSS  :x') }, '400 InvalidArgument'],
  [
    'a malformed header',
    ['OSS V4 header'],
    { change: authorization('OSS4-HMAC-SHA256 Signature=x') },
    '400 InvalidArgument',
  ],
  [
    'a malformed header',
    ['SigV4 header'],
    { change: authorization('AWS4-HMAC-SHA256 Signature=x') },
    '400 AuthorizationHeaderMalformed',
  ],
  ['a malformed date', ['OSS V1 header'], { change: setHeader('date', 'yesterday') }, '403 AccessDenied'],
  ['a malformed date', ['OSS V4 header'], { change: setHeader('x-oss-date', 'x') }, '403 AccessDenied'],
  ['a malformed date', ['SigV4 header'], { change: setHeader('x-amz-date', 'x') }, '403 AccessDenied'],
  [
    'a payload word that OSS does not define',
    ['OSS V4 header'],
    { change: setHeader('x-oss-content-sha256', 'x') },
    '400 InvalidArgument',
  ],
  [
    'a store header added after signing',
    OSS.slice(0, 2),
    { change: (sent) => ({ ...sent, headers: [...sent.headers, 'x-oss-meta-a', '1'] }) },
    '403 SignatureDoesNotMatch',
  ],
  [
    'a store header added after signing',
    ['SigV4 header', 'SigV4 URL'],
    { change: (sent) => ({ ...sent, headers: [...sent.headers, 'x-amz-meta-a', '1'] }) },
    '403 AccessDenied',
  ],
  ['a Host rewritten after signing', OSS, { change: setHeader('host', 'elsewhere.example') }, 'content'],
  [
    'a Host rewritten after signing',
    S3,
    { change: setHeader('host', 'elsewhere.example') },
    '403 SignatureDoesNotMatch',
  ],
];

test.each(
  REFUSALS.flatMap(([what, forms, attempt, answer]) =>
    forms.map((form) => [what, form, answer, attempt] as const),
  ),
)('%s, by %s, gets: %s', async (_, form, answer, attempt) => {
  expect(await attemptBy(form, attempt)).toBe(answer);
});

test('a refusal contains no secret', async () => {
  const sent = await FORMS['OSS V4 header']?.({
    credentials: { ...TEMPORARY, accessKeySecret: 'wrong' },
    bucket: 'media',
    time: NOW,
    target: '/',
    change: (same) => same,
  });
  const { body } = await send(sent ?? { method: 'GET', target: '/', headers: [] });
  expect(body).toContain('SignatureDoesNotMatch');
  for (const secret of ['tsk', 'wrong', 'token<']) expect(body).not.toContain(secret);
});

test('a preflight needs no signature', async () => {
  expect((await send({ method: 'OPTIONS', target: '/a', headers: [] })).status).toBe(405);
});
