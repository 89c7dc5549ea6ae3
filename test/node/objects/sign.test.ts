import { describe, expect, test } from 'vitest';
import { basicDate } from '../../../src/bucket/sign/date.ts';
import { call, corsHeaders, element, value } from '../../helpers/client.ts';
import { rule } from '../../helpers/rules.ts';
import { A, EVERYBODY, ONE_ORIGIN_HEADERS, setOf } from '../../suite/sets.ts';
import { type Behind, KEYS, OTHERS, TEMPORARY, useObjects } from './_edge.ts';

const SIGN = { objects: 'sign', signPrefix: 'public/' } as const;

describe.each<readonly [name: string, behind: Behind]>([
  ['OSS V4', { store: { dialect: 'oss' }, access: SIGN }],
  ['OSS V1', { store: { dialect: 'oss' }, access: { ...SIGN, signature: 'v1' } }],
  ['OSS V1, since the region is unknown', { store: { dialect: 'oss' }, access: { ...SIGN, region: null } }],
  ['OSS V4 with a token', { store: { dialect: 'oss', keys: [TEMPORARY] }, access: SIGN }],
  [
    'OSS V1 with a token',
    { store: { dialect: 'oss', keys: [TEMPORARY] }, access: { ...SIGN, signature: 'v1' } },
  ],
  ['OSS V4, path-style', { store: { dialect: 'oss', pathStyle: true }, access: SIGN }],
  ['SigV4', { store: { dialect: 's3' }, access: SIGN }],
  ['SigV4 with a token', { store: { dialect: 's3', keys: [TEMPORARY] }, access: SIGN }],
  ['SigV4, path-style', { store: { dialect: 's3', pathStyle: true }, access: SIGN }],
  ['SigV4, behind a prefix', { store: { dialect: 's3' }, access: SIGN, place: { prefix: '/files' } }],
  [
    'SigV4, with the prefix in the key',
    {
      store: { dialect: 's3', pathStyle: true },
      access: { ...SIGN, signPrefix: 'files/public/' },
      place: { prefix: '/files', keepPrefix: true },
    },
  ],
  [
    'OSS V4, with the prefix in the key',
    {
      store: { dialect: 'oss' },
      access: { ...SIGN, signPrefix: 'files/public/' },
      place: { prefix: '/files', keepPrefix: true },
    },
  ],
  ['SigV4 of the client’s own Host', { store: { dialect: 's3' }, access: SIGN, place: { keepHost: true } }],
])('%s', (_, behind) => {
  const objects = useObjects([behind]);
  const at = (path: string) => `${behind.place?.prefix ?? ''}${path}`;
  const keyOf = (key: string) => (behind.place?.keepPrefix ? `files/${key}` : key);

  test('reads an object for a client without a key', async () => {
    const { edge, store } = objects();
    store.objects.set(keyOf('public/a b+c é.txt'), Buffer.from('content'));
    const target = at('/public/a%20b%2Bc%20%C3%A9.txt?v=3');
    const answered = await call(edge.url, { target, headers: ['Origin', A] });
    expect(answered.status).toBe(200);
    expect(answered.body.toString()).toBe('content');
    expect(corsHeaders(answered)).toMatchObject({ 'access-control-allow-origin': A });
    expect(store.seen).toMatchObject([
      { target: expect.stringMatching(/\/public\/a%20b%2Bc%20%C3%A9\.txt\?v=3$/) },
    ]);
  });

  test('passes HEAD, ranges and conditions', async () => {
    const { edge, store } = objects();
    store.objects.set(keyOf('public/a'), Buffer.from('0123456789'));
    const target = at('/public/a');
    const head = await call(edge.url, { method: 'HEAD', target });
    expect([head.status, value(head, 'content-length')]).toEqual([200, '10']);
    const part = await call(edge.url, { target, headers: ['Range', 'bytes=2-4'] });
    expect([part.status, part.body.toString(), value(part, 'content-range')]).toEqual([
      206,
      '234',
      'bytes 2-4/10',
    ]);
    const etag = value(head, 'etag') ?? '';
    const unchanged = await call(edge.url, { target, headers: ['If-None-Match', etag] });
    expect([unchanged.status, unchanged.body.length]).toEqual([304, 0]);
    const missing = await call(edge.url, { target: at('/public/none') });
    expect([missing.status, element(missing, 'Code')]).toEqual([404, 'NoSuchKey']);
  });

  test('sends nothing for a key outside the prefix', async () => {
    const { edge, store } = objects();
    store.objects.set(keyOf('private/a'), Buffer.from('secret'));
    const refused = await call(edge.url, { target: at('/private/a'), headers: ['Origin', A] });
    expect([refused.status, element(refused, 'Code')]).toEqual([403, 'AccessDenied']);
    expect(element(refused, 'Message')).toContain(`begin with ${behind.access?.signPrefix}`);
    expect(corsHeaders(refused)).toMatchObject({ 'access-control-allow-origin': A });
    expect(value(refused, 'cache-control')).toBe('no-store');
    expect(store.seen).toEqual([]);
  });
});

const date = basicDate(Date.now());

describe('what it refuses', () => {
  const objects = useObjects([{ store: { dialect: 's3' }, access: { ...SIGN, signPrefix: '' } }]);

  test.each<readonly [what: string, target: string, headers: readonly string[], message: RegExp]>([
    ['a client’s signature', '/a', ['Authorization', 'AWS4-HMAC-SHA256 Credential=x'], /without a signature/],
    ['another Authorization', '/a', ['Authorization', 'Basic eDp4'], /without an Authorization header/],
    [
      'two of them',
      '/a',
      ['Authorization', 'Basic eDp4', 'authorization', 'Bearer x'],
      /Authorization header/,
    ],
    ['a signed URL', `/a?X-Amz-Signature=abc&X-Amz-Date=${date}`, [], /without a signature/],
    ['a signed URL of OSS', '/a?OSSAccessKeyId=a&Expires=1&Signature=b', [], /without a signature/],
    ['a token', '/a', ['x-amz-security-token', 'token'], /without a signature/],
    ['the bucket', '/', [], /not of the bucket itself/],
    ['a list', '/?list-type=2', [], /not of the bucket itself/],
    ['a list behind a second slash', '//?list-type=2', [], /not of the bucket itself/],
    ['dot segments', '/a/../../other', [], /dot segment/],
    ['encoded dot segments', '/a/%2e%2e/%2e%2e/other', [], /dot segment/],
    ['an access control list', '/a?acl', [], /the parameter acl\.$/],
    [
      'another Content-Type',
      '/a?response-content-type=text/html',
      [],
      /the parameter response-content-type\.$/,
    ],
    ['an older version', '/a?versionId=1', [], /the parameter versionid\.$/],
    [
      'a header of the store',
      '/a',
      ['x-amz-request-payer', 'requester'],
      /the header x-amz-request-payer of/,
    ],
    ['another method in a header', '/a', ['X-HTTP-Method-Override', 'DELETE'], /x-http-method-override/],
    // By these, some servers replace the method or the path that is signed.
    ['another method in X-Method', '/a', ['X-Method', 'DELETE'], /the header x-method of/],
    ['another path in X-Original-URL', '/a', ['X-Original-URL', '/b'], /the header x-original-url of/],
    ['another path in X-Rewrite-URL', '/a', ['X-Rewrite-URL', '/b'], /the header x-rewrite-url of/],
    ['another path in X_Rewrite_URL', '/a', ['X_Rewrite_URL', '/b'], /the header x-rewrite-url of/],
  ])('refuses %s', async (_, target, headers, message) => {
    const { edge, store } = objects();
    store.objects.set('a', Buffer.from('content'));
    for (const method of ['GET', 'HEAD']) {
      const refused = await call(edge.url, { method, target, headers });
      expect(refused.status).toBe(403);
      if (method === 'GET') expect(element(refused, 'Message')).toMatch(message);
    }
    expect(store.seen).toEqual([]);
    expect(edge.events.at(-1)).toMatchObject({ status: 403, code: 'AccessDenied' });
  });

  test('passes writes unsigned, which the bucket refuses', async () => {
    const { edge, store } = objects();
    for (const [method, target] of [
      ['PUT', '/a'],
      ['POST', '/a?uploads'],
      ['DELETE', '/a'],
      ['POST', '/?delete'],
    ] as const) {
      const answered = await call(edge.url, { method, target, body: 'x' });
      expect([answered.status, element(answered, 'Message')]).toEqual([403, 'anonymous']);
    }
    expect(store.seen.map(({ headers }) => headers.get('authorization'))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('passes the signature of a write and of ?cors', async () => {
    const { edge, store } = objects();
    const headers = ['Authorization', 'AWS4-HMAC-SHA256 Credential=mine'];
    await call(edge.url, { method: 'PUT', target: '/a', headers, body: 'x' });
    await call(edge.url, { target: '/?cors', headers });
    await call(edge.url, { target: '/?cors' });
    expect(store.seen.map((seen) => seen.headers.get('authorization'))).toEqual([
      headers[1],
      headers[1],
      undefined,
    ]);
  });

  test('does not sign what describes the client’s hop, and passes harmless headers signed', async () => {
    const { edge, store } = objects();
    store.objects.set('a', Buffer.from('content'));
    const headers = [
      'x-amz-checksum-mode',
      'ENABLED',
      'X-Forwarded-For',
      '1.2.3.4',
      'x-amz-date',
      '19700101T000000Z',
    ];
    expect((await call(edge.url, { target: '/a', headers })).status).toBe(200);
    const sent = store.seen[0]?.headers;
    expect(sent?.get('x-amz-date')?.slice(0, 8)).toBe(date.slice(0, 8));
    expect(sent?.get('authorization')).toMatch(
      /SignedHeaders=host;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date,/,
    );
    expect(sent?.get('x-forwarded-host')).toBe(new URL(edge.url).host);
  });

  test('answers preflights as before', async () => {
    const { edge, store } = objects();
    const headers = ['Origin', A, 'Access-Control-Request-Method', 'GET'];
    const answered = await call(edge.url, { method: 'OPTIONS', target: '/private', headers });
    expect(answered.status).toBe(200);
    expect(corsHeaders(answered)).toMatchObject(ONE_ORIGIN_HEADERS);
    expect(store.seen).toEqual([]);
  });
});

describe('the rules in force', () => {
  const objects = useObjects([{ store: { dialect: 'oss' }, access: { ...SIGN, signPrefix: '' } }], EVERYBODY);
  const statuses = async () => {
    const { edge } = objects();
    return Promise.all(
      ['GET', 'HEAD'].map(async (method) => (await call(edge.url, { method, target: '/a' })).status),
    );
  };

  test.each([
    ['list GET and HEAD', EVERYBODY, [200, 200]],
    ['list GET alone', setOf(rule({ allowedMethods: ['GET'] })), [200, 403]],
    [
      'list HEAD in a later rule',
      setOf(rule({ allowedMethods: ['PUT'] }), rule({ allowedMethods: ['HEAD'] })),
      [403, 200],
    ],
    ['list uploads alone', setOf(rule({ allowedMethods: ['PUT', 'POST'] })), [403, 403]],
    ['are an empty set', 'none', [403, 403]],
    ['are those of a bucket that does not exist, as its store then says itself', 'missing', [200, 200]],
  ] as const)('limit what is signed: the rules %s', async (_, rules, expected) => {
    const { edge, store } = objects();
    store.objects.set('a', Buffer.from('content'));
    await edge.setRules(rules);
    expect(await statuses()).toEqual(expected);
  });

  test('stay the last good ones while they cannot be read', async () => {
    const { edge } = objects();
    await edge.setRules('none');
    await edge.setRules('unknown');
    expect(await statuses()).toEqual([403, 403]);
  });

  test('are named by a refusal', async () => {
    const { edge } = objects();
    await edge.setRules('none');
    const refused = await call(edge.url, { target: '/a' });
    expect(element(refused, 'Message')).toMatch(/^No CORS rule in force lists GET/);
  });
});

describe('rules that were never loaded', () => {
  const objects = useObjects([{ store: { dialect: 'oss' }, access: SIGN }], 'unknown');

  test('let objects under the prefix flow, and no others', async () => {
    const { edge, store } = objects();
    store.objects.set('public/a', Buffer.from('content'));
    const answered = await call(edge.url, { target: '/public/a', headers: ['Origin', A] });
    expect([answered.status, value(answered, 'cache-control')]).toEqual([200, 'no-store']);
    expect((await call(edge.url, { target: '/private/a' })).status).toBe(403);
  });
});

describe('keys that the bucket does not know', () => {
  const objects = useObjects([{ store: { dialect: 's3', keys: [OTHERS] }, keys: [KEYS], access: SIGN }]);

  test('get a refusal of the edge', async () => {
    const answered = await call(objects().edge.url, { target: '/public/a' });
    expect([answered.status, element(answered, 'Code')]).toEqual([403, 'AccessDenied']);
  });
});

describe('keys that have gone', () => {
  test('end in an error of the edge, and nothing is sent', async () => {
    const { openObjects } = await import('./_edge.ts');
    const opened = await openObjects([{ store: { dialect: 's3' }, keys: [], access: SIGN }]);
    const answered = await call(opened.edge.url, { target: '/public/a' });
    expect([answered.status, element(answered, 'Code')]).toEqual([500, 'InternalError']);
    expect(opened.store.seen).toEqual([]);
    expect(String(opened.edge.errors[0])).toContain('set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
    await expect(opened.close()).rejects.toThrow('the edge failed on a request');
  });
});
