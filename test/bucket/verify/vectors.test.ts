import { describe, expect, test } from 'vitest';
import { verifyRequest } from '../../../src/bucket/verify/verify.ts';

// semantics.md §7
const KEY = { accessKeyId: 'ak', accessKeySecret: 'sk' };
const V4 = 'OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,Signature=';
const V4_HEADERS = ['x-oss-date', '20231216T162057Z', 'x-oss-content-sha256', 'UNSIGNED-PAYLOAD'];
const V1_HEADERS = ['Date', 'Sat, 16 Dec 2023 16:20:57 GMT'];
const TOKEN = ['x-oss-security-token', 'token'];

const VECTORS: readonly (readonly [string, readonly string[], string])[] = [
  ['OSS V4', V4_HEADERS, `${V4}7e12ff188df311f08056dfd8a87b068b3aa8d0e9fa2d94a5be396bcbd8d068e8`],
  [
    'OSS V4 with a token',
    [...V4_HEADERS, ...TOKEN],
    `${V4}64209e34f0d92043b2ca690b5178d5b368352494705d7f870e56ffe57c5078c4`,
  ],
  ['OSS V1', V1_HEADERS, 'OSS ak:zidy3F9WPKPHl0hiap0DuzFf60A='],
  ['OSS V1 with a token', [...V1_HEADERS, ...TOKEN], 'OSS ak:bS0I+/siViqbiuCsdWapr4XrThA='],
];

describe.each(VECTORS)('the signature of GET /?cors by %s', (_, headers, authorization) => {
  const options = {
    dialect: 'oss',
    bucket: 'bucket',
    region: 'cn-hangzhou',
    keys: async () => [headers.includes('token') ? { ...KEY, securityToken: 'token' } : KEY],
    wallClock: () => Date.UTC(2023, 11, 16, 16, 20, 57),
  } as const;

  test.each([
    ['a virtual-hosted bucket', 'bucket.oss-cn-hangzhou.aliyuncs.com', '/?cors', '/?cors'],
    ['a custom domain', 'cdn.example.com', '/?cors', '/?cors'],
    ['a path-style bucket', 'oss.example.com', '/bucket?cors', '/?cors'],
    ['a path-style bucket with its slash', 'oss.example.com', '/bucket/?cors=', '/?cors='],
    ['a prefix of the edge', 'edge.example.com', '/media/?cors', '/?cors'],
  ])('is accepted for %s', async (_where, host, target, key) => {
    const sent = ['Host', host, ...headers, 'Authorization', authorization];
    const checked = await verifyRequest({ method: 'GET', target, key, headers: sent }, options);
    expect(checked).toMatchObject({ ok: true, value: { form: 'header', key: { accessKeyId: 'ak' } } });
  });

  test('is refused for another bucket', async () => {
    const sent = ['Host', 'x', ...headers, 'Authorization', authorization];
    const request = { method: 'GET', target: '/?cors', key: '/?cors', headers: sent };
    expect(await verifyRequest(request, { ...options, bucket: 'tekcub' })).toMatchObject({
      refusal: { code: 'SignatureDoesNotMatch' },
    });
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and sigv4-query-string-auth.html
describe('the signatures of the AWS documentation', () => {
  const ID = 'AKIAIOSFODNN7EXAMPLE';
  const SCOPE = '20130524/us-east-1/s3/aws4_request';
  const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const HOST = ['Host', 'examplebucket.s3.amazonaws.com'];
  const accepted = (method: string, target: string, headers: readonly string[]) =>
    verifyRequest(
      { method, target, key: target, headers },
      {
        dialect: 's3',
        bucket: 'examplebucket',
        region: 'us-east-1',
        keys: async () => [{ accessKeyId: ID, accessKeySecret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' }],
        wallClock: () => Date.UTC(2013, 4, 24),
      },
    );
  const header = (names: string, signature: string) => [
    ...HOST,
    ...['x-amz-date', '20130524T000000Z', 'x-amz-content-sha256', NOTHING],
    ...[
      'Authorization',
      `AWS4-HMAC-SHA256 Credential=${ID}/${SCOPE},SignedHeaders=${names},Signature=${signature}`,
    ],
  ];

  test.each([
    [
      'GET object with a range',
      '/test.txt',
      [
        ...header(
          'host;range;x-amz-content-sha256;x-amz-date',
          'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
        ),
        ...['Range', 'bytes=0-9'],
      ],
    ],
    [
      'GET bucket lifecycle',
      '/?lifecycle',
      header(
        'host;x-amz-content-sha256;x-amz-date',
        'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
      ),
    ],
    [
      'a presigned GET',
      `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${ID}%2F${SCOPE.replaceAll('/', '%2F')}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`,
      HOST,
    ],
  ])('%s', async (_, target, headers) => {
    expect(await accepted('GET', target, headers)).toMatchObject({ ok: true, value: { scheme: 's3-v4' } });
    expect(await accepted('HEAD', target, headers)).toMatchObject({ ok: false });
  });
});
