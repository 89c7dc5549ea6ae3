import { describe, expect, test } from 'vitest';
import type { Credentials } from '../../../src/bucket/sign/credentials.ts';
import { parseDate } from '../../../src/bucket/sign/date.ts';
import { signOssV1 } from '../../../src/bucket/sign/oss-v1.ts';
import { signOssV4 } from '../../../src/bucket/sign/oss-v4.ts';
import { s3V4Signature, signS3V4 } from '../../../src/bucket/sign/s3-v4.ts';
import type { FlatHeaders, Sign } from '../../../src/bucket/transport.ts';

const get = (target: string, host: string, headers: FlatHeaders = []) => ({
  method: 'GET',
  target,
  headers: ['Host', host, ...headers],
  body: null,
});

const authorizationBy = async (sign: Sign, request: Parameters<Sign>[0]): Promise<string | undefined> =>
  (await sign(request)).headers.at(-1);

describe('the signatures of GET /?cors in semantics.md §7', () => {
  const KEYS: Credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' };
  const TEMPORARY = { ...KEYS, securityToken: 'token' };
  const V4 = 'OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,Signature=';

  test.each([
    ['OSS V4', signOssV4, KEYS, `${V4}7e12ff188df311f08056dfd8a87b068b3aa8d0e9fa2d94a5be396bcbd8d068e8`],
    [
      'OSS V4 with a token',
      signOssV4,
      TEMPORARY,
      `${V4}64209e34f0d92043b2ca690b5178d5b368352494705d7f870e56ffe57c5078c4`,
    ],
    ['OSS V1', signOssV1, KEYS, 'OSS ak:zidy3F9WPKPHl0hiap0DuzFf60A='],
    ['OSS V1 with a token', signOssV1, TEMPORARY, 'OSS ak:bS0I+/siViqbiuCsdWapr4XrThA='],
  ])('%s', async (_, signer, credentials, authorization) => {
    const wallClock = () => Date.UTC(2023, 11, 16, 16, 20, 57);
    const sign = signer({
      bucket: 'bucket',
      region: 'cn-hangzhou',
      credentials: () => credentials,
      wallClock,
    });
    for (const host of [
      'bucket.oss-cn-hangzhou.aliyuncs.com',
      'cdn.example.com',
      'oss-accelerate.aliyuncs.com',
    ]) {
      expect(await authorizationBy(sign, get('/?cors', host))).toBe(authorization);
    }
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
describe('the signatures of the examples in the AWS documentation', () => {
  const HOST = 'examplebucket.s3.amazonaws.com';
  const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const sign = signS3V4({
    bucket: 'examplebucket',
    region: 'us-east-1',
    credentials: () => ({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', accessKeySecret: SECRET }),
    wallClock: () => parseDate('20130524T000000Z') ?? Number.NaN,
  });

  test.each([
    [
      'GET object with a range',
      get('/test.txt', HOST, ['Range', 'bytes=0-9']),
      'host;range;x-amz-content-sha256;x-amz-date',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'GET bucket lifecycle',
      get('/?lifecycle', HOST),
      'host;x-amz-content-sha256;x-amz-date',
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'list objects',
      get('/?max-keys=2&prefix=J', HOST),
      'host;x-amz-content-sha256;x-amz-date',
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
    [
      'GET bucket CORS, from semantics.md §7',
      get('/?cors', HOST),
      'host;x-amz-content-sha256;x-amz-date',
      'e9d0d38b74795891f3720513183aad1f2b305674d9a02d461593f76beef20701',
    ],
  ])('%s', async (_, request, signedHeaders, signature) => {
    expect(await authorizationBy(sign, request)).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        `SignedHeaders=${signedHeaders}, Signature=${signature}`,
    );
  });

  const scope = { date: '20130524T000000Z', region: 'us-east-1' };

  test('PUT object with the hash of its body', async () => {
    const payload = '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072';
    const headers = `Date: Fri, 24 May 2013 00:00:00 GMT|Host: ${HOST}|x-amz-content-sha256: ${payload}|x-amz-date: 20130524T000000Z|x-amz-storage-class: REDUCED_REDUNDANCY`;
    const request = { method: 'PUT', target: '/test$file.text', headers: headers.split(/\||: /) };
    const signedHeaders = ['date', 'host', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-storage-class'];
    expect(await s3V4Signature(request, { secret: SECRET, scope, signedHeaders, payload })).toBe(
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    );
  });

  test('a signed URL', async () => {
    const target =
      '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host';
    const request = { method: 'GET', target, headers: ['Host', HOST] };
    const input = { secret: SECRET, scope, signedHeaders: ['host'], payload: 'UNSIGNED-PAYLOAD' };
    expect(await s3V4Signature(request, input)).toBe(
      'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    );
  });
});
