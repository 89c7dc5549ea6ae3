import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { crc } from '../../../src/bucket/verify/crc.ts';
import { type Verified, verifyBody } from '../../../src/bucket/verify/verify.ts';
import type { Dialect } from '../../../src/cors/behaviour.ts';
import { KEYS } from './_forms.ts';

const TEXT = '123456789';
const hash = (algorithm: string, text = TEXT) => createHash(algorithm).update(text);
const md5 = async (bytes: Uint8Array) => new Uint8Array(createHash('md5').update(bytes).digest());
const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const outcomeOf = async (
  payload: string | null,
  headers: readonly string[],
  body = TEXT,
  dialect: Dialect = 's3',
) => {
  const verified: Verified = { scheme: 's3-v4', form: 'header', key: KEYS, payload, chunks: null };
  const bytes = new TextEncoder().encode(body);
  const read = await verifyBody(verified, headers, bytes, { dialect, md5 });
  return read.ok ? new TextDecoder().decode(read.value) : `${read.refusal.status} ${read.refusal.code}`;
};

// https://reveng.sourceforge.io/crc-catalogue/all.htm names these the check values, of `123456789`.
test.each([
  ['crc32', 'cbf43926'],
  ['crc32c', 'e3069283'],
  ['crc64ecma', '995dc9bbdf1939fa'],
  ['crc64nvme', 'ae8b14860a799888'],
] as const)('%s has the check value of its catalogue', (name, value) => {
  expect(Buffer.from(crc(name, Buffer.from(TEXT))).toString('hex')).toBe(value);
});

describe('Content-MD5', () => {
  const right = hash('md5').digest('base64');
  const wrong = hash('md5', 'other').digest('base64');
  test.each<readonly [string, string, Dialect, string]>([
    ['right', right, 'oss', TEXT],
    ['right', right, 's3', TEXT],
    ['wrong', wrong, 'oss', '400 InvalidDigest'],
    ['wrong', wrong, 's3', '400 BadDigest'],
    ['empty', '', 'oss', '400 InvalidDigest'],
    ['empty', '', 's3', '400 InvalidDigest'],
    ['hexadecimal', hash('md5').digest('hex'), 's3', '400 InvalidDigest'],
    ['a byte short', Buffer.alloc(15).toString('base64'), 'oss', '400 InvalidDigest'],
    ['without padding', right.replace('==', ''), 'oss', '400 InvalidDigest'],
    ['of two lines', `${right},${right}`, 's3', '400 InvalidDigest'],
  ])('that is %s: %s, %s', async (_, value, dialect, outcome) => {
    for (const payload of [null, 'UNSIGNED-PAYLOAD', hash('sha256').digest('hex')])
      expect(await outcomeOf(payload, ['content-md5', value], TEXT, dialect)).toBe(outcome);
  });
});

test.each([
  ['its hash', hash('sha256').digest('hex'), TEXT, TEXT],
  ['another hash', hash('sha256', 'other').digest('hex'), TEXT, '400 XAmzContentSHA256Mismatch'],
  ['the hash of nothing', NOTHING, TEXT, '400 XAmzContentSHA256Mismatch'],
  ['the hash of nothing', NOTHING, '', ''],
  ['no promise', 'UNSIGNED-PAYLOAD', TEXT, TEXT],
  ['no word about it', null, TEXT, TEXT],
])('a body with %s', async (_, payload, body, outcome) => {
  expect(await outcomeOf(payload, [], body)).toBe(outcome);
});

const CHECKSUMS: readonly (readonly [string, string])[] = [
  ['x-amz-checksum-crc32', 'y/Q5Jg=='],
  ['x-amz-checksum-crc32c', '4waSgw=='],
  ['x-amz-checksum-crc64nvme', 'rosUhgp5mIg='],
  ['x-amz-checksum-sha1', hash('sha1').digest('base64')],
  ['x-amz-checksum-sha256', hash('sha256').digest('base64')],
  ['x-oss-hash-crc64ecma', String(0x995dc9bbdf1939fan)],
];
const UNSIGNED_CHUNKS = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
const LENGTH = ['x-amz-decoded-content-length', '9'];

describe.each(CHECKSUMS)('the checksum %s', (name, value) => {
  const trailing = (trailers: string) => `4\r\n1234\r\n5\r\n56789\r\n0\r\n${trailers}\r\n`;
  const announced = [...LENGTH, 'x-amz-trailer', name];

  test('is checked in a header', async () => {
    expect(await outcomeOf(null, [name, value])).toBe(TEXT);
    expect(await outcomeOf(null, [name, value], '12345678')).toBe('400 BadDigest');
    expect(await outcomeOf(null, [name, ''])).toBe('400 BadDigest');
  });

  test('is checked in a trailer', async () => {
    const outcome = (trailers: string) => outcomeOf(UNSIGNED_CHUNKS, announced, trailing(trailers));
    expect(await outcome(`${name}:${value}\r\n`)).toBe(TEXT);
    expect(await outcome(`${name.toUpperCase()}: ${value} \r\n`)).toBe(TEXT);
    expect(await outcome(`${name}:x\r\n`)).toBe('400 BadDigest');
    expect(await outcome('')).toBe('400 IncompleteBody');
  });
});

test.each([
  ['x-amz-checksum-md9', '501 NotImplemented'],
  ['x-amz-checksum-xxhash128', '501 NotImplemented'],
  ['x-oss-hash-sha1', '501 NotImplemented'],
  ['x-amz-checksum-algorithm', TEXT],
  ['x-amz-checksum-type', TEXT],
])('a header %s: %s', async (name, outcome) => {
  expect(await outcomeOf(null, [name, 'x'])).toBe(outcome);
});

describe('a body in unsigned chunks', () => {
  const TRAILER = ['x-amz-trailer', 'x-amz-checksum-crc32'];
  const CRC = 'x-amz-checksum-crc32:y/Q5Jg==\r\n';
  test.each<readonly [string, readonly string[], string, string]>([
    ['is decoded', LENGTH, '9\r\n123456789\r\n0\r\n\r\n', TEXT],
    ['is decoded when it is empty', ['x-amz-decoded-content-length', '0'], '0\r\n\r\n', ''],
    ['is decoded with sizes in capitals', LENGTH, '009\r\n123456789\r\n0\r\n\r\n', TEXT],
    ['needs its length', [], '9\r\n123456789\r\n0\r\n\r\n', '400 IncompleteBody'],
    ['needs its whole length', LENGTH, '8\r\n12345678\r\n0\r\n\r\n', '400 IncompleteBody'],
    [
      'needs its length in the usual form',
      ['x-amz-decoded-content-length', '09'],
      '9\r\n123456789\r\n0\r\n\r\n',
      '400 IncompleteBody',
    ],
    [
      'may not have signatures',
      LENGTH,
      `9;chunk-signature=${'0'.repeat(64)}\r\n123456789\r\n0\r\n\r\n`,
      '400 IncompleteBody',
    ],
    ['may not have extensions', LENGTH, '9;x=y\r\n123456789\r\n0\r\n\r\n', '400 IncompleteBody'],
    ['may not have line feeds alone', LENGTH, '9\n123456789\n0\n\n', '400 IncompleteBody'],
    ['may not end early', LENGTH, '9\r\n1234', '400 IncompleteBody'],
    ['may not lack its last chunk', LENGTH, '9\r\n123456789\r\n', '400 IncompleteBody'],
    ['may not lack its last line', LENGTH, '9\r\n123456789\r\n0\r\n', '400 IncompleteBody'],
    ['may not go on', LENGTH, '9\r\n123456789\r\n0\r\n\r\n0\r\n\r\n', '400 IncompleteBody'],
    ['may not have an endless line', LENGTH, '0'.repeat(5000), '400 IncompleteBody'],
    ['may not have a size that is no number', LENGTH, 'nine\r\n123456789\r\n0\r\n\r\n', '400 IncompleteBody'],
    ['may not have a size of nothing', LENGTH, '\r\n\r\n', '400 IncompleteBody'],
    [
      'may not have a trailer that was not announced',
      LENGTH,
      `9\r\n123456789\r\n0\r\n${CRC}\r\n`,
      '400 IncompleteBody',
    ],
    [
      'may not have a signed trailer',
      [...LENGTH, ...TRAILER],
      `9\r\n123456789\r\n0\r\n${CRC}x-amz-trailer-signature:0\r\n\r\n`,
      '400 IncompleteBody',
    ],
    [
      'may not have a trailer without a name',
      [...LENGTH, ...TRAILER],
      '9\r\n123456789\r\n0\r\n:x\r\n\r\n',
      '400 IncompleteBody',
    ],
    [
      'may not have a folded trailer',
      [...LENGTH, ...TRAILER],
      `9\r\n123456789\r\n0\r\n${CRC} x:y\r\n\r\n`,
      '400 IncompleteBody',
    ],
    [
      'may not have too many trailers',
      LENGTH,
      `9\r\n123456789\r\n0\r\n${Array.from({ length: 17 }, (_, at) => `x${at}:1\r\n`).join('')}\r\n`,
      '400 IncompleteBody',
    ],
    [
      'may not have a trailer of an unknown kind',
      [...LENGTH, 'x-amz-trailer', 'x-amz-checksum-md9'],
      '0\r\n\r\n',
      '501 NotImplemented',
    ],
    [
      'may not have a trailer that is not a checksum',
      [...LENGTH, 'x-amz-trailer', 'authorization'],
      '0\r\n\r\n',
      '501 NotImplemented',
    ],
    [
      'is checked against Content-MD5 without its framing',
      [...LENGTH, 'Content-MD5', hash('md5').digest('base64')],
      '9\r\n123456789\r\n0\r\n\r\n',
      TEXT,
    ],
  ])('%s', async (_, headers, body, outcome) => {
    expect(await outcomeOf(UNSIGNED_CHUNKS, headers, body)).toBe(outcome);
  });
});

test('a trailer without a signature after signed chunks is refused', async () => {
  const zeros = '0'.repeat(64);
  const chunks = { chunk: async () => zeros, trailer: async () => zeros };
  const outcome = async (payload: string, trailers: string) => {
    const verified: Verified = { scheme: 's3-v4', form: 'header', key: KEYS, payload, chunks };
    const headers = [...LENGTH, 'x-amz-trailer', 'x-amz-checksum-crc32'];
    const body = `9;chunk-signature=${zeros}\r\n${TEXT}\r\n0;chunk-signature=${zeros}\r\n${trailers}\r\n`;
    const bytes = new TextEncoder().encode(body);
    const read = await verifyBody(verified, headers, bytes, { dialect: 's3', md5 });
    return read.ok ? 'accepted' : read.refusal.code;
  };
  const CRC = 'x-amz-checksum-crc32:y/Q5Jg==\r\n';
  const SIGNED = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
  expect(await outcome(`${SIGNED}-TRAILER`, `${CRC}x-amz-trailer-signature:${zeros}\r\n`)).toBe('accepted');
  expect(await outcome(`${SIGNED}-TRAILER`, CRC)).toBe('IncompleteBody');
  expect(await outcome(SIGNED, CRC)).toBe('IncompleteBody');
});
