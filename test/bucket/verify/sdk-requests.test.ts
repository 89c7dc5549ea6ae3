import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Verified, verifyBody, verifyRequest } from '../../../src/bucket/verify/verify.ts';
import { readDocument } from '../../../src/document/read.ts';
import { CPP } from '../../fixtures/sdk-requests/cpp.ts';
import { CSHARP } from '../../fixtures/sdk-requests/csharp.ts';
import { GO } from '../../fixtures/sdk-requests/go.ts';
import { JAVA } from '../../fixtures/sdk-requests/java.ts';
import { PHP } from '../../fixtures/sdk-requests/php.ts';
import { PYTHON } from '../../fixtures/sdk-requests/python.ts';
import {
  BUCKET,
  METHODS,
  REGION,
  type SdkRequest,
  type SignedText,
  TOKEN,
} from '../../fixtures/sdk-requests/request.ts';
import { NOW } from './_forms.ts';

const ID = 'LTAI5tExample';
const SECRET = 'example/secret+';

// Written from the descriptions, without a function of src/.
const hmac = (hash: string, key: string | Buffer, text: string) =>
  createHmac(hash, key).update(text).digest();

function authorize(signed: SignedText): string {
  if (signed.version === 1)
    return `OSS ${ID}:${hmac('sha1', SECRET, signed.stringToSign.join('\n')).toString('base64')}`;
  const scope = ['20260102', REGION, 'oss', 'aliyun_v4_request'];
  const key = scope.reduce<string | Buffer>((link, text) => hmac('sha256', link, text), `aliyun_v4${SECRET}`);
  const hash = createHash('sha256').update(signed.canonicalRequest.join('\n')).digest('hex');
  const text = ['OSS4-HMAC-SHA256', signed.date, scope.join('/'), hash].join('\n');
  return signed.authorization(`${ID}/${scope.join('/')}`, hmac('sha256', key, text).toString('hex'));
}

const md5 = async (bytes: Uint8Array) => new Uint8Array(createHash('md5').update(bytes).digest());

async function verified({ operation, target, headers, body, signed, token }: SdkRequest, changed = body) {
  const sent = [...headers, 'Authorization', authorize(signed)];
  const key = { accessKeyId: ID, accessKeySecret: SECRET, ...(token && { securityToken: TOKEN }) };
  const options = {
    dialect: 'oss',
    bucket: BUCKET,
    region: REGION,
    keys: async () => [key],
    wallClock: () => NOW,
  } as const;
  const checked = await verifyRequest(
    { method: METHODS[operation], target, key: target, headers: sent },
    options,
  );
  if (!checked.ok) return checked;
  return bodyOf(checked.value, sent, changed);
}

const bodyOf = (value: Verified, headers: readonly string[], body: string) =>
  verifyBody(value, headers, new TextEncoder().encode(body), { dialect: 'oss', md5 });

const REQUESTS = [...JAVA, ...PYTHON, ...GO, ...PHP, ...CSHARP, ...CPP];

describe.each(REQUESTS.map((request) => [request.sdk, request.operation, request] as const))(
  'the SDK for %s: %s',
  (_sdk, operation, request) => {
    test('is accepted, body and all', async () => {
      const read = await verified(request);
      expect(read).toMatchObject({ ok: true });
      const text = read.ok ? new TextDecoder().decode(read.value) : '';
      expect(text).toBe(request.body);
      if (operation !== 'put') return;
      const document = readDocument(text, 'strict');
      expect(document).toMatchObject({
        ok: true,
        ruleSet: {
          rules: [
            {
              allowedOrigins: ['https://a.example', 'https://b.example'],
              allowedMethods: ['GET', 'PUT'],
              allowedHeaders: ['*'],
              exposeHeaders: ['ETag'],
              maxAgeSeconds: 600,
            },
          ],
        },
      });
    });

    test('is refused with another subresource', async () => {
      expect(await verified({ ...request, target: request.target.replace('cors', 'acl') })).toMatchObject({
        ok: false,
        refusal: { code: 'SignatureDoesNotMatch' },
      });
    });
  },
);

test.each(
  REQUESTS.filter(({ headers }) => headers.some((name) => /^content-md5$/i.test(name))).map(
    (request) => [request.sdk, request] as const,
  ),
)('the SDK for %s sends a Content-MD5 that refuses another body', async (_, request) => {
  expect(await verified(request, `${request.body} `)).toMatchObject({
    ok: false,
    refusal: { code: 'InvalidDigest' },
  });
});
