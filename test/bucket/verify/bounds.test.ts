import { describe, expect, test } from 'vitest';
import { verifyBody, verifyRequest } from '../../../src/bucket/verify/verify.ts';
import { ALL, editTarget, HEADERS, KEYS, OPTIONS, OSS, S3, signed, URLS } from './_forms.ts';
import {
  authorization,
  describeRows,
  INVALID,
  MALFORMED,
  PARAMETERS_ERROR,
  SIG,
  SIG_URL,
  V4,
  V4_URL,
} from './_rows.ts';

const many = (count: number) => '&a'.repeat(count);
const names = (count: number, separator: string) =>
  Array.from({ length: count }, (_, at) => `x-${at}`).join(separator);

describeRows('bounds what it checks', [
  ['256 parameters', HEADERS, { target: `/?cors${many(255)}` }, 'accepted'],
  ['257 parameters', ALL, { target: `/?cors${many(256)}` }, INVALID],
  ['257 empty parameters', ALL, { target: `/?cors${'&'.repeat(256)}` }, INVALID],
  ['thousands of parameters after the signature', URLS, { change: editTarget(/$/, many(3800)) }, INVALID],
  [
    'thousands of parameters of an unknown key',
    ALL,
    {
      credentials: { ...KEYS, accessKeyId: 'stranger' },
      target: `/?cors${many(3800)}`,
    },
    INVALID,
  ],
  [
    'thousands of parameters, unsigned',
    HEADERS,
    {
      change: ({ method }) => ({ method, target: `/?cors${many(3800)}`, headers: ['Host', 'h'] }),
    },
    INVALID,
  ],
  ['a parameter as long as a target', ALL, { target: `/?cors&a=${'%e4+"'.repeat(1300)}` }, 'accepted'],
  ['a key as long as a target', ALL, { target: `/${'%e4"'.repeat(2000)}` }, 'accepted'],
  [
    'a header of bytes as long as a head',
    ALL,
    { headers: ['Content-Type', 'a\xe4 '.repeat(5000)] },
    'accepted',
  ],
  [
    'more pairs than any form has',
    SIG,
    { change: authorization((value) => `${value}, ${names(20, '=,')}`) },
    MALFORMED,
  ],
  [
    'more pairs than any form has',
    V4,
    { change: authorization((value) => `${value},${names(20, '=,')}`) },
    INVALID,
  ],
  [
    'more names of headers than a request has lines',
    SIG,
    {
      change: authorization((value) => value.replace('SignedHeaders=', `SignedHeaders=${names(100, ';')};`)),
    },
    MALFORMED,
  ],
  [
    'more names of headers than a request has lines',
    V4,
    { change: authorization((value) => `${value},AdditionalHeaders=${names(101, ';')}`) },
    INVALID,
  ],
  [
    'more names of headers than a request has lines',
    SIG_URL,
    { change: editTarget(/(X-Amz-SignedHeaders=)/, `$1${names(100, '%3B')}%3B`) },
    PARAMETERS_ERROR,
  ],
  [
    'more names of headers than a request has lines',
    V4_URL,
    { change: editTarget(/$/, `&x-oss-additional-headers=${names(101, '%3B')}`) },
    INVALID,
  ],
]);

describe('asks for no keys', () => {
  test.each([...OSS, ...S3])(
    'when %s has too many parameters, and says how many it may have',
    async (form) => {
      let asked = 0;
      const sent = await signed(form, { target: `/?cors${many(256)}` });
      const keys = async () => {
        asked += 1;
        return [KEYS];
      };
      const checked = await verifyRequest({ ...sent, key: sent.target }, { ...OPTIONS, keys });
      expect(checked).toMatchObject({ ok: false, refusal: { message: expect.stringContaining('256') } });
      expect(asked).toBe(0);
    },
  );
});

describe('an aws-chunked body', () => {
  const outcome = async (chunks: number) => {
    const headers = ['x-amz-decoded-content-length', String(chunks)];
    const payload = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
    const verified = { scheme: 's3-v4', form: 'header', key: KEYS, payload, chunks: null } as const;
    const body = new TextEncoder().encode(`${'1\r\na\r\n'.repeat(chunks)}0\r\n\r\n`);
    const md5 = async () => new Uint8Array(16);
    const read = await verifyBody(verified, headers, body, { dialect: 's3', md5 });
    return read.ok ? `${read.value.length} bytes` : `${read.refusal.code}: ${read.refusal.message}`;
  };

  test.each([
    [64, '64 bytes'],
    [65, 'InvalidRequest: An aws-chunked body may have at most 64 chunks.'],
    [3000, 'InvalidRequest: An aws-chunked body may have at most 64 chunks.'],
  ])('of %d chunks is %s', async (chunks, expected) => {
    expect(await outcome(chunks)).toBe(expected);
  });
});
