import { createHash } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import type { Bytes } from '../../../src/bucket/sign/bytes.ts';
import { chunkSigner } from '../../../src/bucket/verify/chunk-signer.ts';
import { verifyBody, verifyRequest } from '../../../src/bucket/verify/verify.ts';

// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
const KEY = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  accessKeySecret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const COMMON = [
  ...['Host', 's3.amazonaws.com'],
  ...['x-amz-date', '20130524T000000Z'],
  ...['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
  ...['Content-Encoding', 'aws-chunked'],
  ...['x-amz-decoded-content-length', '66560'],
];
const authorization = (names: string, signature: string) => [
  'Authorization',
  `AWS4-HMAC-SHA256 Credential=${KEY.accessKeyId}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${names},Signature=${signature}`,
];

interface Example {
  readonly headers: readonly string[];
  /** Of 65536 bytes, 1024 bytes and the end. */
  readonly chunks: readonly [string, string, string];
  readonly trailers: string;
}

const CHUNKS: Example = {
  headers: [
    ...COMMON,
    ...['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'],
    ...['Content-Length', '66824'],
    ...authorization(
      'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
      '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    ),
  ],
  chunks: [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ],
  trailers: '',
};

const TRAILER_SIGNATURE = 'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435';
const TRAILER: Example = {
  headers: [
    ...COMMON,
    ...['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'],
    ...['x-amz-trailer', 'x-amz-checksum-crc32c'],
    ...authorization(
      'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer',
      '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
    ),
  ],
  chunks: [
    'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
    '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
    '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
  ],
  trailers: `x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:${TRAILER_SIGNATURE}\r\n`,
};

const bodyOf = ({ chunks: [first, second, last], trailers }: Example): string =>
  [
    `10000;chunk-signature=${first}\r\n${'a'.repeat(65_536)}\r\n`,
    `400;chunk-signature=${second}\r\n${'a'.repeat(1024)}\r\n`,
    `0;chunk-signature=${last}\r\n${trailers}\r\n`,
  ].join('');

const md5 = async (bytes: Bytes) => new Uint8Array(createHash('md5').update(bytes).digest());

const outcome = async (example: Example, change: (body: string) => string = (body) => body) => {
  const target = '/examplebucket/chunkObject.txt';
  const { headers } = example;
  const options = {
    dialect: 's3',
    bucket: 'examplebucket',
    region: 'us-east-1',
    keys: async () => [KEY],
    wallClock: () => Date.UTC(2013, 4, 24),
  } as const;
  const checked = await verifyRequest({ method: 'PUT', target, key: '/chunkObject.txt', headers }, options);
  if (!checked.ok) return checked.refusal.code;
  const body = new TextEncoder().encode(change(bodyOf(example)));
  const read = await verifyBody(checked.value, headers, body, { dialect: 's3', md5 });
  return read.ok ? `${read.value.length} bytes` : read.refusal.code;
};

describe.each([
  ['chunks', CHUNKS],
  ['chunks and a trailer', TRAILER],
])('AWS’s example of signed %s', (_, example) => {
  test('is accepted', async () => expect(await outcome(example)).toBe('66560 bytes'));

  test.each(example.chunks.map((signature, at) => [at + 1, signature]))(
    'is refused with another signature of chunk %d',
    async (_at, signature) => {
      const changed = String(signature).replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
      expect(await outcome(example, (body) => body.replace(String(signature), changed))).toBe(
        'SignatureDoesNotMatch',
      );
    },
  );

  test.each<readonly [string, (body: string) => string, string]>([
    ['a byte changed', (body) => body.replace('\r\na', '\r\nb'), 'SignatureDoesNotMatch'],
    [
      'a chunk longer than its size',
      (body) => body.replace(/\r\n400;chunk-signature=.{64}\r\n/, ''),
      'IncompleteBody',
    ],
    [
      'the second chunk removed',
      (body) => body.replace(/400;[\s\S]*?(?=0;chunk)/, ''),
      'SignatureDoesNotMatch',
    ],
    ['the last chunk removed', (body) => body.replace(/0;chunk[^;]*$/, ''), 'IncompleteBody'],
    ['its signatures removed', (body) => body.replaceAll(/;chunk-signature=.{64}/g, ''), 'IncompleteBody'],
    ['bytes after its end', (body) => `${body}\r\n`, 'IncompleteBody'],
    ['its last byte missing', (body) => body.slice(0, -1), 'IncompleteBody'],
    ['a size beyond its end', (body) => body.replace('400;', 'fffffffff;'), 'IncompleteBody'],
    ['a size of thirteen digits', (body) => body.replace('400;', '0000000000400;'), 'IncompleteBody'],
    ['nothing', () => '', 'IncompleteBody'],
  ])('is refused with %s', async (_what, change, code) => {
    expect(await outcome(example, change)).toBe(code);
  });
});

test.each<readonly [string, (body: string) => string, string]>([
  ['another signature', (body) => body.replace(TRAILER_SIGNATURE, 'd'.repeat(64)), 'SignatureDoesNotMatch'],
  ['another checksum', (body) => body.replace('sOO8/Q==', 'sOO8/A=='), 'SignatureDoesNotMatch'],
  ['no signature', (body) => body.replace(/x-amz-trailer-signature.*\r\n/, ''), 'IncompleteBody'],
  ['no checksum', (body) => body.replace(/x-amz-checksum.*\r\n/, ''), 'IncompleteBody'],
  [
    'a checksum that was not announced',
    (body) => body.replace('x-amz-trailer-s', 'x-amz-checksum-sha1:x\r\nx-amz-trailer-s'),
    'IncompleteBody',
  ],
  [
    'a repeated checksum',
    (body) => body.replace('x-amz-trailer-s', 'x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-s'),
    'IncompleteBody',
  ],
])('AWS’s example of a signed trailer is refused with %s', async (_, change, code) => {
  expect(await outcome(TRAILER, change)).toBe(code);
});

test('a trailer without a signature after signed chunks is refused', async () => {
  const headers = [...CHUNKS.headers, 'x-amz-trailer', 'x-amz-checksum-crc32c'];
  expect(await outcome({ ...CHUNKS, headers })).toBe('AccessDenied');
  expect(
    await outcome(CHUNKS, (body) => body.replace(/\r\n$/, 'x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n')),
  ).toBe('IncompleteBody');
});

test('the key for chunks is not derived before the first one is read', async () => {
  const derived = vi.spyOn(crypto.subtle, 'importKey');
  const scope = { date: '20130524T000000Z', region: 'us-east-1' };
  const signer = chunkSigner('a secret of this test alone', scope, '0'.repeat(64));
  expect(derived).not.toHaveBeenCalled();
  await signer.chunk(new Uint8Array(1));
  expect(derived).toHaveBeenCalled();
  derived.mockRestore();
});
