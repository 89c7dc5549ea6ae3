import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import {
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  PutBucketCorsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import OSS from 'ali-oss';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyBody, verifyRequest } from '../../../src/bucket/verify/verify.ts';
import { readDocument } from '../../../src/document/read.ts';
import { listen } from '../../helpers/listen.ts';
import { KEYS, TEMPORARY } from './_forms.ts';

const md5 = async (bytes: Uint8Array) => new Uint8Array(createHash('md5').update(bytes).digest());
const RULES =
  '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>';

let url = '';
const outcomes: string[] = [];
/** Of the last request. */
let body = '';

async function outcomeOf(
  method: string,
  target: string,
  headers: readonly string[],
  body: Uint8Array<ArrayBuffer>,
) {
  const key = target.replace(/^\/media\/?/, '/');
  const checked = await verifyRequest(
    { method, target, key, headers },
    {
      dialect: 's3',
      bucket: 'media',
      region: null,
      keys: async () => [KEYS, TEMPORARY],
      wallClock: Date.now,
    },
  );
  if (!checked.ok) return checked.refusal.code;
  const read = await verifyBody(checked.value, headers, body, { dialect: 's3', md5 });
  if (!read.ok) return read.refusal.code;
  if (method !== 'PUT') return 'accepted';
  return readDocument(new TextDecoder().decode(read.value), 'strict').ok ? 'accepted' : 'unreadable';
}

const server = createServer(async (request, response) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method = '', url: target = '', rawHeaders } = request;
  body = Buffer.concat(chunks).toString();
  outcomes.push(await outcomeOf(method, target, rawHeaders, new Uint8Array(Buffer.concat(chunks))));
  response.statusCode = method === 'DELETE' ? 204 : 200;
  response.end(method === 'GET' ? RULES : '');
});
beforeAll(async () => {
  url = `http://localhost:${await listen(server)}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  outcomes.length = 0;
});

describe.each([
  ['a key', KEYS],
  ['a temporary key', TEMPORARY],
])('with %s', (_, keys) => {
  test.each([
    ['V1', false, true],
    ['V1, path-style', false, false],
    ['V4', true, true],
    ['V4, path-style', true, false],
  ])('ali-oss, %s, is accepted', async (_version, authorizationV4, cname) => {
    const oss = new OSS({
      accessKeyId: keys.accessKeyId,
      accessKeySecret: keys.accessKeySecret,
      ...(keys.securityToken && {
        stsToken: keys.securityToken,
        refreshSTSToken: () => Promise.reject(new Error('the token is still good')),
      }),
      bucket: 'media',
      region: 'oss-cn-hangzhou',
      endpoint: url,
      ...(cname ? { cname } : { sldEnable: true }),
      authorizationV4,
    } as OSS.Options);
    await oss.putBucketCORS('media', [{ allowedOrigin: 'https://a.example', allowedMethod: 'GET' }]);
    await oss.getBucketCORS('media');
    await oss.deleteBucketCORS('media');
    expect(outcomes).toEqual(['accepted', 'accepted', 'accepted']);
  });

  const s3 = (checksums: 'WHEN_REQUIRED' | 'WHEN_SUPPORTED') =>
    new S3Client({
      region: 'us-east-1',
      endpoint: url,
      forcePathStyle: true,
      maxAttempts: 1,
      requestChecksumCalculation: checksums,
      credentials: {
        accessKeyId: keys.accessKeyId,
        secretAccessKey: keys.accessKeySecret,
        ...(keys.securityToken && { sessionToken: keys.securityToken }),
      },
    });
  const CORS = { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['https://a.example'] }] };

  test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', undefined] as const)(
    '@aws-sdk/client-s3 with the checksum %s is accepted',
    async (algorithm) => {
      const client = s3('WHEN_SUPPORTED');
      const put = {
        Bucket: 'media',
        CORSConfiguration: CORS,
        ...(algorithm && { ChecksumAlgorithm: algorithm }),
      };
      await client.send(new PutBucketCorsCommand(put));
      await client.send(new GetBucketCorsCommand({ Bucket: 'media' }));
      await client.send(new DeleteBucketCorsCommand({ Bucket: 'media' }));
      expect(outcomes).toEqual(['accepted', 'accepted', 'accepted']);
    },
  );

  test('its signed URLs are accepted, with the body that they were signed for', async () => {
    const client = s3('WHEN_REQUIRED');
    const put = new PutBucketCorsCommand({ Bucket: 'media', CORSConfiguration: CORS });
    await client.send(put);
    const writing = await getSignedUrl(client, put);
    const document = body;
    const write = (text: string) => fetch(writing, { method: 'PUT', body: text });
    await write(document);
    await write(document.replace('a.example', 'b.example'));
    await write(`${document} `);
    await fetch(await getSignedUrl(client, new GetBucketCorsCommand({ Bucket: 'media' })));
    // It signs the checksum of the document and its length.
    expect(outcomes).toEqual(['accepted', 'accepted', 'BadDigest', 'SignatureDoesNotMatch', 'accepted']);
  });
});
