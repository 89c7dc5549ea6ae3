import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetBucketCorsCommand, GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import OSS from 'ali-oss';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { headerMap, type Signable } from '../../../src/bucket/sign/canonical.ts';
import { parseDate } from '../../../src/bucket/sign/date.ts';
import { ossV1Signature } from '../../../src/bucket/sign/oss-v1.ts';
import { signOssV4 } from '../../../src/bucket/sign/oss-v4.ts';
import { s3V4Signature } from '../../../src/bucket/sign/s3-v4.ts';

let server: Server;
let url: string;
let recorded: Signable | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    recorded = { method: request.method ?? '', target: request.url ?? '', headers: request.rawHeaders };
    response.setHeader('Content-Type', 'application/xml');
    response.end(request.method === 'HEAD' ? '' : '<CORSConfiguration><CORSRule/></CORSConfiguration>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

// The SDK warns without this function. The tests end before it is called.
const never = () => Promise.reject(new Error('the token is still good'));

/** Returns the request that an SDK sends for `act`. Ignores an error of the SDK about the answer. */
const record = async (act: () => Promise<unknown>): Promise<Signable> => {
  recorded = undefined;
  await act().catch(() => undefined);
  if (!recorded) throw new Error('the SDK sent nothing');
  return recorded;
};

// Without dot segments: both SDKs sign another path than they send.
const KEYS = ['a b', 'a+b', 'é/世界/😀', 'a//b', "!'()*~-._", 'a%20b', '?&=#'];
const TOKENS = [
  ['without a token', undefined],
  ['with a token', 'CAIS+/=token'],
] as const;

describe.each(TOKENS)('the signer gives the signature of ali-oss %s when it', (_, stsToken) => {
  const client = (authorizationV4: boolean) =>
    new OSS({
      accessKeyId: 'ak',
      accessKeySecret: 'sk',
      bucket: 'bucket',
      region: 'oss-cn-hangzhou',
      endpoint: url,
      cname: true,
      ...(stsToken && { stsToken, refreshSTSToken: never }),
      authorizationV4,
    } as OSS.Options);

  const acts: [string, (oss: OSS) => Promise<unknown>][] = [
    ['reads the rules', (oss) => oss.getBucketCORS('bucket')],
    ...KEYS.map((key): [string, (oss: OSS) => Promise<unknown>] => [`gets ${key}`, (oss) => oss.get(key)]),
    ['sends HEAD for an object', (oss) => oss.head('a b')],
    ['puts an object', (oss) => oss.put('a b.txt', Buffer.from('x'), { meta: { uid: 1, pid: 2 } })],
    ['gets an object with x-oss-process', (oss) => oss.get('p.png', { process: 'image/resize,w_1' })],
    ['gets the ACL of a version', (oss) => oss.getACL('a b', { versionId: 'v=+1' } as object)],
  ];

  test.each(acts)('%s with V1', async (_what, act) => {
    const sent = await record(() => act(client(false)));
    const headers = headerMap(sent.headers);
    const input = { bucket: 'bucket', secret: 'sk', date: headers.get('x-oss-date') ?? '' };
    expect(headers.get('authorization')).toBe(`OSS ak:${await ossV1Signature(sent, input)}`);
  });

  test.each(acts)('%s with V4', async (_what, act) => {
    const sent = await record(() => act(client(true)));
    const headers = headerMap(sent.headers);
    const sign = signOssV4({
      bucket: 'bucket',
      region: 'cn-hangzhou',
      credentials: () => ({
        accessKeyId: 'ak',
        accessKeySecret: 'sk',
        ...(stsToken && { securityToken: stsToken }),
      }),
      wallClock: () => parseDate(headers.get('x-oss-date') ?? '') ?? Number.NaN,
    });
    const signed = headerMap((await sign({ ...sent, body: null })).headers);
    expect(headers.get('authorization')).toBe(signed.get('authorization'));
  });
});

describe.each(TOKENS)(
  'the signer gives the signature of @aws-sdk/client-s3 %s when it',
  (_, sessionToken) => {
    const client = () =>
      new S3Client({
        region: 'us-east-1',
        endpoint: url,
        forcePathStyle: true,
        credentials: { accessKeyId: 'ak', secretAccessKey: 'sk', ...(sessionToken && { sessionToken }) },
      });

    const acts: [string, (s3: S3Client) => Promise<unknown>][] = [
      ['reads the rules', (s3) => s3.send(new GetBucketCorsCommand({ Bucket: 'bucket' }))],
      ...KEYS.map((Key): [string, (s3: S3Client) => Promise<unknown>] => [
        `gets ${Key}`,
        (s3) => s3.send(new GetObjectCommand({ Bucket: 'bucket', Key })),
      ]),
      [
        'sends HEAD for a version',
        (s3) => s3.send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'a b', VersionId: 'v=+ 1' })),
      ],
    ];

    test.each(acts)('%s', async (_what, act) => {
      const sent = await record(() => act(client()));
      const headers = headerMap(sent.headers);
      const authorization = headers.get('authorization') ?? '';
      const signedHeaders = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
      expect(signedHeaders).toContain('host');
      const signature = await s3V4Signature(sent, {
        secret: 'sk',
        scope: { date: headers.get('x-amz-date') ?? '', region: 'us-east-1' },
        signedHeaders,
        payload: headers.get('x-amz-content-sha256') ?? '',
      });
      expect(authorization.endsWith(`Signature=${signature}`)).toBe(true);
    });
  },
);
