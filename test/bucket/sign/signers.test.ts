import { describe, expect, test } from 'vitest';
import type { Credentials, CredentialsSource } from '../../../src/bucket/sign/credentials.ts';
import { signOssV1 } from '../../../src/bucket/sign/oss-v1.ts';
import { signOssV4 } from '../../../src/bucket/sign/oss-v4.ts';
import { signS3V4 } from '../../../src/bucket/sign/s3-v4.ts';

const KEYS: Credentials = { accessKeyId: 'ak', accessKeySecret: 'hush-secret', securityToken: 'hush-token' };
const signWith = (signer: typeof signOssV4, credentials: CredentialsSource) =>
  signer({ bucket: 'media', region: 'cn-hangzhou', credentials, wallClock: () => 0 });
const request = (target = '/?cors', headers: string[] = [], method = 'GET', body: unknown = null) => ({
  method,
  target,
  headers: ['Host', 'h.example', ...headers],
  body,
});
const SIGNERS = [
  ['OSS V1', signOssV1, 'OSS_ACCESS_KEY'],
  ['OSS V4', signOssV4, 'OSS_ACCESS_KEY'],
  ['S3 SigV4', signS3V4, 'AWS_'],
] as const;

const named = (headers: readonly string[], name: string) =>
  headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === name);

describe.each(SIGNERS)('%s', (_, signer, names) => {
  test('names the variables to set when there are no credentials', async () => {
    await expect(signWith(signer, () => null)(request())).rejects.toThrow(
      new RegExp(`no credentials for the bucket media.*${names}\\w+ and ${names}\\w+`),
    );
  });

  test('rejects with the error of its credentials source', async () => {
    const source = () => Promise.reject(new Error('the file is gone'));
    await expect(signWith(signer, source)(request())).rejects.toThrow('the file is gone');
  });

  test('replaces the signature headers of a client in any case', async () => {
    const theirs = 'authorization x-oss-date x-oss-security-token x-amz-date X-AMZ-Security-Token'.split(' ');
    const signed = await signWith(
      signer,
      () => KEYS,
    )(
      request(
        '/?cors',
        theirs.flatMap((name) => [name, 'theirs']),
      ),
    );
    expect(named(signed.headers, 'authorization')).toHaveLength(1);
    const ours = signer === signS3V4 ? 'x-amz-security-token' : 'x-oss-security-token';
    expect(named(signed.headers, ours)).toEqual(['hush-token']);
    expect(named(signed.headers, 'authorization')[0]).not.toContain('hush');
  });

  test('leaves method, target, body and the other headers unchanged', async () => {
    const body = {};
    const given = request('/a%20b//../c+d?x=%41', ['If-None-Match', '"1"'], 'PUT', body);
    const signed = await signWith(signer, () => KEYS)(given);
    expect(signed).toMatchObject({ method: 'PUT', target: given.target });
    expect(signed.body).toBe(body);
    expect(signed.headers.slice(0, 4)).toEqual(given.headers);
  });

  test('reads its credentials for every signature', async () => {
    let turn = 0;
    const sign = signWith(signer, () => ({ accessKeyId: `ak${++turn}`, accessKeySecret: 'sk' }));
    expect((await sign(request())).headers.at(-1)).toContain('ak1');
    expect((await sign(request())).headers.at(-1)).toContain('ak2');
  });

  test.each([
    ['the same bytes encoded and not encoded', '/a!b(c)', '/%61%21b%28c%29', true],
    ['hex digits in lower and upper case', '/%c3%a9', '/%C3%A9', true],
    ['two bytes that are not UTF-8', '/%ff', '/%fe', false],
    [
      'a blank and a byte that JavaScript treats as white space',
      '/?prefix=%a0&acl',
      '/?prefix=%20&acl',
      signer === signOssV1,
    ],
    ['an encoded slash and a slash', '/a%2Fb', '/a/b', true],
    ['a plus and a blank in a path', '/a+b', '/a%20b', false],
    ['a plus and a blank in a query', '/?acl=a+b', '/?acl=a%20b', true],
    ['a plus and an encoded plus in a query', '/?acl=a+b', '/?acl=a%2Bb', false],
    ['two orders of parameters', '/k?versionId=2&acl', '/k?acl&versionId=2', true],
    ['a parameter without a value and one with an empty value', '/?cors', '/?cors=', true],
    ['a dot segment and its resolution', '/a/../b', '/b', false],
    ['two slashes and one slash', '/a//b', '/a/b', false],
    ['two keys', '/a', '/b', false],
    ['two subresources', '/a?acl', '/a?tagging', false],
  ])('%s: %s and %s', async (_what, one, other, same) => {
    const sign = signWith(signer, () => KEYS);
    const [left, right] = [await sign(request(one)), await sign(request(other))];
    expect(left.headers.at(-1) === right.headers.at(-1)).toBe(same);
  });
});

test.each([
  ['an ordinary parameter is not signed', '/?prefix=a', '/?prefix=b', true],
  ['a subresource is signed', '/?uploadId=a', '/?uploadId=b', false],
  ['a response-* parameter is signed', '/k?response-content-type=a', '/k?response-content-type=b', false],
  ['a parameter with the prefix x-oss- is signed', '/k?x-oss-process=a', '/k?x-oss-process=b', false],
])('OSS V1: %s', async (_, one, other, same) => {
  const sign = signWith(signOssV1, () => KEYS);
  const [left, right] = [await sign(request(one)), await sign(request(other))];
  expect(left.headers.at(-1) === right.headers.at(-1)).toBe(same);
});

test.each([
  ['GET', {}, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['DELETE', null, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['PUT', {}, 'UNSIGNED-PAYLOAD'],
])('SigV4: the payload of a %s with the body %j is %s', async (method, body, payload) => {
  const signed = await signWith(signS3V4, () => KEYS)(request('/k', [], method, body));
  expect(named(signed.headers, 'x-amz-content-sha256')).toEqual([payload]);
});
