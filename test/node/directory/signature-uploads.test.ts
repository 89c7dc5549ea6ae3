import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { basicDate } from '../../../src/bucket/sign/date.ts';
import { s3V4Signature } from '../../../src/bucket/sign/s3-v4.ts';
import { NOW, REGION } from '../../bucket/verify/_forms.ts';
import { codeOf } from './_bucket.ts';
import { attemptBy, host, send, useSignedBucket } from './_signature.ts';

useSignedBucket();

describe('a SigV4 upload', () => {
  const put = async (payload: string, headers: readonly string[], body: Buffer | string) => {
    const scope = { date: basicDate(NOW), region: REGION };
    const all = ['Host', host(), 'x-amz-content-sha256', payload, 'x-amz-date', scope.date, ...headers];
    const signedHeaders = all
      .filter((_, at) => at % 2 === 0)
      .map((name) => name.toLowerCase())
      .sort();
    const unsigned = { method: 'PUT', target: '/up', headers: all };
    const signature = await s3V4Signature(unsigned, { secret: 'sk', scope, signedHeaders, payload });
    const credential = `ak/${scope.date.slice(0, 8)}/${REGION}/s3/aws4_request`;
    const text = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
    const answered = await send({ ...unsigned, headers: [...all, 'Authorization', text] }, body);
    return `${answered.status} ${codeOf(answered.body) ?? (await attemptBy('OSS V4 header', { target: '/up' }))}`;
  };
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const TRAILER = ['x-amz-trailer', 'x-amz-checksum-crc32', 'x-amz-decoded-content-length', '5'];
  const STREAMING = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
  const CRC = 'x-amz-checksum-crc32:NhCmhg==\r\n';

  test.each([
    ['unsigned', 'UNSIGNED-PAYLOAD', [], 'one', '200 one'],
    ['with its hash', sha256('two'), [], 'two', '200 two'],
    ['with another hash', sha256('two'), [], 'three', '400 XAmzContentSHA256Mismatch'],
    ['with a malformed hash', 'abc', [], 'x', '400 InvalidArgument'],
    ['in signed chunks without them', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', [], 'x', '400 IncompleteBody'],
    ['in chunks', STREAMING, TRAILER, `2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n${CRC}\r\n`, '200 hello'],
    ['in chunks with a wrong checksum', STREAMING, TRAILER, `5\r\nhellO\r\n0\r\n${CRC}\r\n`, '400 BadDigest'],
    ['in chunks without the checksum', STREAMING, TRAILER, '5\r\nhello\r\n0\r\n\r\n', '400 BadDigest'],
    ['in chunks of another length', STREAMING, TRAILER, `4\r\nhell\r\n0\r\n${CRC}\r\n`, '400 IncompleteBody'],
    ['in chunks that end early', STREAMING, TRAILER, '5\r\nhel', '400 IncompleteBody'],
    ['in chunks without a last chunk', STREAMING, TRAILER, '5\r\nhello\r\n', '400 IncompleteBody'],
    ['in chunks with a malformed size', STREAMING, TRAILER, 'five\r\nhello\r\n', '400 IncompleteBody'],
    ['in chunks with an endless line', STREAMING, TRAILER, '5'.repeat(5000), '400 IncompleteBody'],
    ['in chunks longer than their size', STREAMING, TRAILER, '4\r\nhello\r\n0\r\n\r\n', '400 IncompleteBody'],
    [
      'with an unsupported trailer',
      STREAMING,
      ['x-amz-trailer', 'x-amz-checksum-md9'],
      '0\r\n\r\n',
      '501 NotImplemented',
    ],
  ])('is checked when it comes %s', async (_, payload, headers, body, answer) => {
    expect(await put(payload, headers, body)).toBe(answer);
  });

  test('leaves the old object when it fails', async () => {
    await put('UNSIGNED-PAYLOAD', [], 'old');
    await put(sha256('x'), [], 'new');
    expect(await attemptBy('OSS V4 header', { target: '/up' })).toBe('old');
  });
});
