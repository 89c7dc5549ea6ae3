import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { basicDate } from '../../../src/bucket/sign/date.ts';
import { s3V4Signature } from '../../../src/bucket/sign/s3-v4.ts';
import { chunkSigner } from '../../../src/bucket/verify/chunk-signer.ts';
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

describe('a SigV4 upload in signed chunks', () => {
  const scope = { date: basicDate(NOW), region: REGION };

  /** Sends content in chunks of three bytes; `change` is applied to the body after signing. */
  const put = async (payload: string, content: string, change: (body: string) => string = (body) => body) => {
    const trailer = payload.endsWith('-TRAILER') ? ['x-amz-trailer', 'x-amz-checksum-crc32'] : [];
    const all = [
      ...['Host', host(), 'x-amz-date', scope.date, 'x-amz-content-sha256', payload],
      ...['x-amz-decoded-content-length', String(content.length), ...trailer],
    ];
    const signedHeaders = all
      .filter((_, at) => at % 2 === 0)
      .map((name) => name.toLowerCase())
      .sort();
    const unsigned = { method: 'PUT', target: '/chunks', headers: all };
    const seed = await s3V4Signature(unsigned, { secret: 'sk', scope, signedHeaders, payload });
    const signer = chunkSigner('sk', scope, seed);
    const lines: string[] = [];
    for (const piece of [...(content.match(/.{1,3}/g) ?? []), '']) {
      const signature = await signer.chunk(new TextEncoder().encode(piece));
      lines.push(`${piece.length.toString(16)};chunk-signature=${signature}\r\n${piece}${piece && '\r\n'}`);
    }
    if (trailer.length > 0) {
      const line = 'x-amz-checksum-crc32:NhCmhg==';
      lines.push(`${line}\r\nx-amz-trailer-signature:${await signer.trailer(`${line}\n`)}\r\n`);
    }
    const credential = `ak/${scope.date.slice(0, 8)}/${REGION}/s3/aws4_request`;
    const text = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${seed}`;
    const sent = { ...unsigned, headers: [...all, 'Authorization', text] };
    const answered = await send(sent, change(`${lines.join('')}\r\n`));
    return `${answered.status} ${codeOf(answered.body) ?? (await attemptBy('OSS V4 header', { target: '/chunks' }))}`;
  };

  test.each(['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'])(
    'is checked: %s',
    async (payload) => {
      expect(await put(payload, 'hello')).toBe('200 hello');
      for (const change of [
        (body: string) => body.replace('hel', 'heL'),
        (body: string) => body.replace('lo', 'l0'),
        (body: string) => body.replace(/chunk-signature=./, 'chunk-signature=Z'),
        (body: string) => body.replace(/;chunk-signature=\w+/, ''),
      ])
        expect(await put(payload, 'hello', change)).toMatch(
          /^40[03] (SignatureDoesNotMatch|IncompleteBody)$/,
        );
    },
  );

  test('with another trailer, or another signature of it, is refused', async () => {
    const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
    const other = (body: string) => body.replace('NhCmhg==', 'AAAAAA==');
    expect(await put(payload, 'hello', other)).toBe('403 SignatureDoesNotMatch');
    const without = (body: string) => body.replace(/x-amz-trailer-signature.*\r\n/, '');
    expect(await put(payload, 'hello', without)).toBe('403 SignatureDoesNotMatch');
  });
});
