import { describe, expect, test } from 'vitest';
import { normal } from '../../../src/bucket/sign/canonical.ts';
import type { Credentials } from '../../../src/bucket/sign/credentials.ts';
import { basicDate } from '../../../src/bucket/sign/date.ts';
import { signOssV4 } from '../../../src/bucket/sign/oss-v4.ts';
import { s3V4Signature, signS3V4 } from '../../../src/bucket/sign/s3-v4.ts';
import { call, element } from '../../helpers/client.ts';
import { signed as presign } from '../../helpers/signed.ts';
import { KEYS, OTHERS, TEMPORARY, useObjects } from './_edge.ts';

const MINUTE = 60_000;

interface Sent {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body?: string;
}

interface Asked {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: readonly string[];
  readonly keys?: Credentials;
  readonly region?: string;
  readonly time?: number;
  readonly payload?: string;
  readonly host?: string;
  readonly expires?: string;
}

const keysOf = (keys: Credentials) => () => keys;
const withHeaders = (sent: Sent, ...headers: string[]): Sent => ({
  ...sent,
  headers: [...sent.headers, ...headers],
});

describe('SigV4', () => {
  const objects = useObjects([
    { store: { dialect: 's3', bucket: 'one', pathStyle: true }, place: { prefix: '/one' } },
    { store: { dialect: 's3', bucket: 'two', keys: [OTHERS], pathStyle: true }, place: { prefix: '/two' } },
    {
      store: { dialect: 's3', bucket: 'temporary', keys: [TEMPORARY], pathStyle: true },
      place: { prefix: '/temporary' },
    },
  ]);
  const edgeHost = () => new URL(objects().edge.url).host;

  /** Signs in the headers. */
  async function signed(asked: Asked = {}): Promise<Sent> {
    const { method = 'GET', target = '/one/a', headers = [], keys = KEYS, region = 'us-east-1' } = asked;
    const { time = Date.now(), payload = 'UNSIGNED-PAYLOAD', host = edgeHost() } = asked;
    const sign = signS3V4({ bucket: '', region, credentials: keysOf(keys), wallClock: () => time, payload });
    const request = await sign({ method, target, headers: ['Host', host, ...headers], body: {} });
    return { method, target, headers: request.headers.slice(2) };
  }

  /** Signs the URL. */
  async function presigned(asked: Asked = {}): Promise<Sent> {
    const { method = 'GET', target = '/one/a', headers = [], keys = KEYS, region = 'us-east-1' } = asked;
    const { time = Date.now(), expires = '60', host = edgeHost() } = asked;
    const signedHeaders = ['host', ...headers.filter((_, at) => at % 2 === 0)];
    const date = basicDate(time);
    const parameters = {
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${keys.accessKeyId}/${date.slice(0, 8)}/${region}/s3/aws4_request`,
      'X-Amz-Date': date,
      'X-Amz-Expires': expires,
      'X-Amz-SignedHeaders': signedHeaders.join(';'),
    };
    const query = Object.entries(parameters).map(([name, value]) => `${name}=${normal(value)}`);
    const unsigned = `${target}${target.includes('?') ? '&' : '?'}${query.join('&')}`;
    const signature = await s3V4Signature(
      { method, target: unsigned, headers: ['Host', host, ...headers] },
      {
        secret: keys.accessKeySecret,
        scope: { date, region },
        signedHeaders,
        payload: 'UNSIGNED-PAYLOAD',
      },
    );
    return { method, target: `${unsigned}&X-Amz-Signature=${signature}`, headers };
  }

  const send = async ({ body, ...sent }: Sent) =>
    call(objects().edge.url, { ...sent, ...(body !== undefined && { body }) });
  const nothingSent = () => expect(objects().stores.flatMap(({ seen }) => seen)).toEqual([]);

  test('passes right signatures, which the rows below change', async () => {
    const { stores } = objects();
    for (const { objects: stored } of stores) stored.set('a', Buffer.from('content'));
    const sent = [
      await signed(),
      await presigned(),
      await presigned({ target: '/one/a?versionId=1' }),
      await signed({ target: '/two/a', keys: OTHERS }),
      await signed({ target: '/temporary/a', keys: TEMPORARY }),
      await signed({ headers: ['x-amz-acl', 'private', 'content-type', 'text/plain'] }),
      await signed({ target: '/one?list-type=2' }),
      await signed({ target: '/one/?list-type=2' }),
      withHeaders(await signed(), 'Connection', 'keep-alive, close'),
      withHeaders(await signed(), 'X-Forwarded-For', '1.2.3.4', 'Accept', '*/*', 'x-amz-cf-id', 'of-a-cdn'),
    ];
    for (const one of sent) expect((await send(one)).status).toBe(200);
    expect(stores.flatMap(({ seen }) => seen.map(({ refused }) => refused))).toEqual(sent.map(() => null));
    expect(stores[0]?.seen[2]?.target).toBe('/one/a?versionId=1');
  });

  test.each<readonly [what: string, sent: () => Promise<Sent>, status: number, code: string]>([
    [
      'an unknown key',
      () => signed({ keys: { accessKeyId: 'x', accessKeySecret: 'y' } }),
      403,
      'InvalidAccessKeyId',
    ],
    [
      'a wrong secret',
      () => signed({ keys: { ...KEYS, accessKeySecret: 'y' } }),
      403,
      'SignatureDoesNotMatch',
    ],
    ['a key of another bucket of this edge', () => signed({ target: '/two/a' }), 403, 'InvalidAccessKeyId'],
    [
      'a URL signed by a key of another bucket',
      () => presigned({ target: '/two/a' }),
      403,
      'InvalidAccessKeyId',
    ],
    [
      'a temporary key without its token',
      () => signed({ target: '/temporary/a', keys: { ...TEMPORARY, securityToken: '' } }),
      403,
      'InvalidAccessKeyId',
    ],
    [
      'a temporary key with another token',
      () => signed({ target: '/temporary/a', keys: { ...TEMPORARY, securityToken: 'x' } }),
      400,
      'InvalidToken',
    ],
    [
      'a replay after 16 minutes',
      () => signed({ time: Date.now() - 16 * MINUTE }),
      403,
      'RequestTimeTooSkewed',
    ],
    [
      'a request from the future',
      () => signed({ time: Date.now() + 16 * MINUTE }),
      403,
      'RequestTimeTooSkewed',
    ],
    ['an expired URL', () => presigned({ time: Date.now() - 2 * MINUTE }), 403, 'AccessDenied'],
    [
      'a URL for longer than a week',
      () => presigned({ expires: '604801' }),
      400,
      'AuthorizationQueryParametersError',
    ],
    ['another method', async () => ({ ...(await signed()), method: 'DELETE' }), 403, 'SignatureDoesNotMatch'],
    [
      'another method of a signed URL',
      async () => ({ ...(await presigned()), method: 'PUT', body: 'x' }),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'another key of the bucket',
      async () => ({ ...(await signed()), target: '/one/b' }),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'another key in a signed URL',
      async () => ({ ...(await presigned()), target: (await presigned()).target.replace('/a', '/b') }),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'one more parameter',
      async () => ({ ...(await signed()), target: '/one/a?acl' }),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'one more parameter of a signed URL',
      async () => ({ ...(await presigned()), target: `${(await presigned()).target}&acl` }),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'another bucket in the path',
      async () => ({ ...(await signed()), target: '/temporary/a' }),
      403,
      'InvalidAccessKeyId',
    ],
    [
      'the bucket’s own host',
      () => signed({ host: new URL(objects().store.url).host }),
      403,
      'SignatureDoesNotMatch',
    ],
    ['another region', () => signed({ region: 'eu-west-1' }), 400, 'AuthorizationHeaderMalformed'],
    [
      'an unsigned header of the store',
      async () => withHeaders(await signed(), 'x-amz-acl', 'public-read'),
      403,
      'AccessDenied',
    ],
    [
      'an unsigned header with a signed URL',
      async () => withHeaders(await presigned(), 'x-amz-copy-source', '/one/b'),
      403,
      'AccessDenied',
    ],
    // Ceph RGW reads `_` as `-`, and obeys these.
    ...['x_amz_acl', 'X_Amz-Acl', 'x_amz_copy_source', 'x-amz_acl', 'x_oss_object_acl'].map(
      (name) =>
        [
          `an unsigned ${name} with a signed URL`,
          async () => withHeaders(await presigned(), name, 'public-read'),
          403,
          'AccessDenied',
        ] as const,
    ),
    [
      'a signed header less',
      async () => {
        const sent = await signed({ headers: ['x-amz-tagging', 'a=b'] });
        return { ...sent, headers: sent.headers.slice(2) };
      },
      403,
      'AccessDenied',
    ],
    [
      'two Authorization headers',
      async () => withHeaders(await signed(), 'Authorization', 'Basic eDp4'),
      400,
      'InvalidArgument',
    ],
    [
      'a signature in header and URL',
      async () => {
        const { target } = await presigned();
        return { ...(await signed()), target };
      },
      400,
      'InvalidArgument',
    ],
    [
      'an Authorization of another kind',
      async () => ({ method: 'GET', target: '/one/a', headers: ['Authorization', 'Bearer x'] }),
      400,
      'InvalidArgument',
    ],
    [
      'a signed header that Connection names',
      async () =>
        withHeaders(await signed({ headers: ['x-amz-tagging', 'a=b'] }), 'Connection', 'x-amz-tagging'),
      400,
      'InvalidRequest',
    ],
    [
      'a parameter that is a header twice',
      () => presigned({ method: 'PUT', target: '/one/a?x-amz-acl=private&X-Amz-Acl=public-read' }),
      400,
      'InvalidArgument',
    ],
    [
      'a parameter that is also a signed header',
      () => presigned({ target: '/one/a?x-amz-acl=private', headers: ['x-amz-acl', 'public-read'] }),
      400,
      'InvalidArgument',
    ],
    [
      'a parameter that would divide the headers',
      () => presigned({ method: 'PUT', target: '/one/a?x-amz-meta-a=b%0d%0ax-amz-acl:public-read' }),
      400,
      'InvalidArgument',
    ],
    [
      'a parameter whose name is no header',
      () => presigned({ method: 'PUT', target: '/one/a?x-amz-acl%20=public-read' }),
      400,
      'InvalidArgument',
    ],
    [
      'chunks with signatures',
      () => signed({ method: 'PUT', payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }),
      501,
      'NotImplemented',
    ],
    [
      'chunks and a trailer with signatures',
      () => signed({ method: 'PUT', payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER' }),
      501,
      'NotImplemented',
    ],
    [
      'the signature of another store',
      async () => {
        const sign = signOssV4({ bucket: 'one', region: 'us-east-1', credentials: keysOf(KEYS) });
        const { headers } = await sign({
          method: 'GET',
          target: '/a',
          headers: ['Host', edgeHost()],
          body: null,
        });
        return { method: 'GET', target: '/one/a', headers: headers.slice(2) };
      },
      501,
      'NotImplemented',
    ],
  ])('refuses %s, and sends nothing', async (_, sent, status, code) => {
    const { stores, edge } = objects();
    for (const { objects: stored } of stores) stored.set('a', Buffer.from('content'));
    const answered = await send(await sent());
    expect([answered.status, element(answered, 'Code')]).toEqual([status, code]);
    nothingSent();
    expect(JSON.stringify(edge.events.at(-1))).not.toMatch(/a-secret|other-secret|CAIS|Signature=/);
  });

  test('passes a header of the store spelled with _ that the signature covers in this spelling', async () => {
    const { store } = objects();
    const date = basicDate(Date.now());
    const headers = [
      ...['Host', edgeHost(), 'x-amz-date', date, 'x-amz-content-sha256', 'UNSIGNED-PAYLOAD'],
      ...['x_amz_acl', 'private'],
    ];
    const signedHeaders = headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    signedHeaders.sort();
    const request = { method: 'PUT', target: '/one/a', headers };
    const scope = { date, region: 'us-east-1' };
    const input = { secret: KEYS.accessKeySecret, scope, signedHeaders, payload: 'UNSIGNED-PAYLOAD' };
    const signature = await s3V4Signature(request, input);
    const credential = `${KEYS.accessKeyId}/${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
    const sent = withHeaders({ ...request, headers: headers.slice(2) }, 'Authorization', authorization);
    const answered = await send({ ...sent, body: 'content' });
    expect(answered.status).toBe(200);
    expect(store.seen[0]?.headers.get('x_amz_acl')).toBe('private');
  });

  test('says how a client sends chunks without signatures', async () => {
    const answered = await send(
      await signed({ method: 'PUT', payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }),
    );
    expect(element(answered, 'Message')).toContain('switch its chunked encoding off');
  });

  test('leaves the check of a body’s hash to the bucket, which gets the hash as it was signed', async () => {
    const { store } = objects();
    const sent = await signed({ method: 'PUT', payload: 'a'.repeat(64) });
    const answered = await send({ ...sent, body: 'swapped' });
    expect([answered.status, element(answered, 'Code')]).toEqual([400, 'XAmzContentSHA256Mismatch']);
    expect(store.objects.size).toBe(0);
  });

  test('takes an upload that expects a 100, and refuses one with a wrong signature before its body', async () => {
    const { store } = objects();
    const right = withHeaders(await signed({ method: 'PUT' }), 'Expect', '100-continue');
    expect((await send({ ...right, body: 'content' })).status).toBe(200);
    expect(store.objects.get('a')?.toString()).toBe('content');
    const wrong = withHeaders(await signed({ method: 'PUT', target: '/one/b' }), 'Expect', '100-continue');
    // Without a 100 the client sends no body, so that the answer can only be the refusal.
    const refused = await send({ ...wrong, target: '/one/c', body: 'content' });
    expect([refused.status, element(refused, 'Code')]).toEqual([403, 'SignatureDoesNotMatch']);
    expect(store.seen).toHaveLength(1);
  });

  test('takes a target in absolute-form, whose path is signed', async () => {
    const { store, edge } = objects();
    store.objects.set('a', Buffer.from('content'));
    const sent = await signed();
    expect((await send({ ...sent, target: `${edge.url}/one/a` })).status).toBe(200);
    expect((await send({ ...sent, target: `${edge.url}/one/b` })).status).toBe(403);
  });

  test('refuses a client that has no signature at the bucket, not at the edge', async () => {
    const answered = await send({ method: 'GET', target: '/one/a', headers: [] });
    expect([answered.status, element(answered, 'Message')]).toEqual([403, 'anonymous']);
  });
});

describe('OSS V4', () => {
  const objects = useObjects([{ store: { dialect: 'oss' } }]);
  const signed = async (headers: readonly string[] = [], bucket = 'media', region = 'cn-hangzhou') => {
    const sign = signOssV4({ bucket, region, credentials: keysOf(KEYS) });
    const request = await sign({
      method: 'PUT',
      target: '/a',
      headers: ['Host', 'any.example', ...headers],
      body: {},
    });
    return { method: 'PUT', target: '/a', headers: request.headers.slice(2) };
  };

  test.each<readonly [what: string, sent: () => Promise<Sent>, status: number, code: string]>([
    ['another bucket', () => signed([], 'other'), 403, 'SignatureDoesNotMatch'],
    ['another region', () => signed([], 'media', 'cn-beijing'), 400, 'InvalidArgument'],
    [
      'an extra header of the store',
      async () => withHeaders(await signed(), 'x-oss-object-acl', 'public-read'),
      403,
      'SignatureDoesNotMatch',
    ],
    // A server behind a CGI interface reads `_` as `-`.
    ...['x_oss_object_acl', 'X-Oss_Object-Acl', 'x_amz_acl'].map(
      (name) =>
        [
          `an extra ${name}, which the signature does not cover`,
          async () => withHeaders(await signed(), name, 'public-read'),
          403,
          'AccessDenied',
        ] as const,
    ),
    [
      'an extra x-oss-object_acl, which the signature covers',
      async () => withHeaders(await signed(), 'x-oss-object_acl', 'public-read'),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'a header of the store that Connection names',
      async () =>
        withHeaders(
          await signed(['x-oss-forbid-overwrite', 'true']),
          'Connection',
          'close, x-oss-forbid-overwrite',
        ),
      400,
      'InvalidRequest',
    ],
    [
      'SigV4',
      async () => {
        const sign = signS3V4({
          bucket: '',
          region: 'cn-hangzhou',
          credentials: keysOf(KEYS),
          payload: 'UNSIGNED-PAYLOAD',
        });
        const host = new URL(objects().edge.url).host;
        const { headers } = await sign({ method: 'PUT', target: '/a', headers: ['Host', host], body: {} });
        return { method: 'PUT', target: '/a', headers: headers.slice(2) };
      },
      501,
      'NotImplemented',
    ],
  ])('refuses %s, and sends nothing', async (_, sent, status, code) => {
    const { edge, store } = objects();
    const answered = await call(edge.url, { ...(await sent()), body: 'x' });
    expect([answered.status, element(answered, 'Code')]).toEqual([status, code]);
    expect(store.seen).toEqual([]);
  });

  test('passes the right signature, which the rows above change', async () => {
    const { edge, store } = objects();
    const sent = await signed(['x-oss-forbid-overwrite', 'true']);
    expect((await call(edge.url, { ...sent, body: 'content' })).status).toBe(200);
    expect(store.seen[0]?.headers.get('x-oss-forbid-overwrite')).toBe('true');
    expect(store.objects.get('a')?.toString()).toBe('content');
  });
});

// A signature of V4 would cover parameters that the client of a V1 URL has never signed.
describe('OSS V1 URLs, where V4 is configured', () => {
  const objects = useObjects([{ store: { dialect: 'oss' } }]);
  const send = async (added: string) => {
    const about = { method: 'GET', target: '/a', host: 'any.example', bucket: 'media', keys: KEYS };
    const { target } = await presign('OSS V1 URL', about);
    objects().store.objects.set('a', Buffer.from('content'));
    return call(objects().edge.url, { target: target + added });
  };

  test.each([
    '&responseHeader',
    '&userDefinedLogFieldsConfig',
    '&resourcePool=1',
    '&udf',
    '&acl',
    '&x-oss-a=1',
  ])('with %s at their end are refused, and nothing is sent', async (added) => {
    const answered = await send(added);
    expect([answered.status, element(answered, 'Code')]).toEqual([403, 'SignatureDoesNotMatch']);
    expect(objects().store.seen).toEqual([]);
  });

  test.each(['', '&list-type=2', '&x-foo=1'])(
    'with %s at their end are signed again by V1',
    async (added) => {
      expect((await send(added)).status).toBe(200);
      const { headers } = objects().store.seen[0] ?? {};
      expect(headers?.get('authorization')).toMatch(/^OSS [^ ]+$/);
    },
  );
});
