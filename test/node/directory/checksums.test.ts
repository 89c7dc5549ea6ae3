import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { crc } from '../../../src/bucket/verify/crc.ts';
import { useKeyedBucket } from './_keyed.ts';

const BODY = 'the content of an object';
const bytes = new TextEncoder().encode(BODY);
const base64 = (value: Uint8Array) => Buffer.from(value).toString('base64');
const zlib = Buffer.alloc(4);
zlib.writeUInt32BE(crc32(BODY));

const buckets = { oss: useKeyedBucket('oss'), s3: useKeyedBucket('s3') };

describe.each([
  ['s3', 'x-amz-checksum-crc32', zlib.toString('base64')],
  ['s3', 'x-amz-checksum-crc32c', base64(crc('crc32c', bytes))],
  ['s3', 'x-amz-checksum-crc64nvme', base64(crc('crc64nvme', bytes))],
  ['s3', 'x-amz-checksum-sha1', createHash('sha1').update(BODY).digest('base64')],
  ['s3', 'x-amz-checksum-sha256', createHash('sha256').update(BODY).digest('base64')],
  ['oss', 'x-oss-hash-crc64ecma', Buffer.from(crc('crc64ecma', bytes)).readBigUInt64BE().toString()],
] as const)('at store %s the checksum %s', (dialect, name, value) => {
  const bucket = buckets[dialect];

  test('is checked, and a wrong one leaves the old object', async () => {
    expect((await bucket.ask('PUT', '/a', { body: BODY, headers: [name, value] })).said).toBe('200');
    const changed = await bucket.ask('PUT', '/a', { body: 'other', headers: [name, value] });
    expect([changed.said, await bucket.read('a')]).toEqual(['400 BadDigest', BODY]);
  });
});

test('a checksum of an unknown kind is refused by its name', async () => {
  const { said, text } = await buckets.s3.ask('PUT', '/a', {
    body: 'x',
    headers: ['x-amz-checksum-md9', 'x'],
  });
  expect([said, text]).toEqual(['501 NotImplemented', expect.stringContaining('x-amz-checksum-md9')]);
});
