import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll } from 'vitest';
import { normal } from '../../../src/bucket/sign/canonical.ts';
import type { Credentials } from '../../../src/bucket/sign/credentials.ts';
import { basicDate } from '../../../src/bucket/sign/date.ts';
import { ossV1Signature, signOssV1 } from '../../../src/bucket/sign/oss-v1.ts';
import { ossV4Signature, signOssV4 } from '../../../src/bucket/sign/oss-v4.ts';
import { s3V4Signature, signS3V4 } from '../../../src/bucket/sign/s3-v4.ts';
import { type OpenDirectoryBucket, openDirectoryBucket } from '../../../src/node/directory/server.ts';
import { codeOf } from './_bucket.ts';

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
export const KEYS: Credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' };
export const TEMPORARY: Credentials = {
  accessKeyId: 'STS.ak',
  accessKeySecret: 'tsk',
  securityToken: 'token',
};
export const REGION = 'cn-hangzhou';

let around: string;
let open: OpenDirectoryBucket;
/** Opens a bucket `media` with keys for all tests of a file; its clock stays at NOW. */
export const useSignedBucket = (): void => {
  beforeAll(async () => {
    around = await mkdtemp(join(tmpdir(), 'directory-bucket-'));
    const folder = join(around, 'media');
    await mkdir(folder);
    await writeFile(join(folder, 'a b.txt'), 'content');
    open = await openDirectoryBucket({ folder, credentials: [KEYS, TEMPORARY], wallClock: () => NOW });
  });
  afterAll(async () => {
    await open.close();
    await rm(around, { recursive: true });
  });
};

/** A request to sign, and how it is changed after signing. */
export interface Attempt {
  readonly credentials: Credentials;
  readonly bucket: string;
  readonly time: number;
  readonly target: string;
  /** Changes the signed request before it is sent. */
  readonly change: (sent: Sent) => Sent;
}

export interface Sent {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
}

type Form = (attempt: Attempt) => Promise<Sent>;

export const host = () => new URL(open.url).host;
const bare = ({ target }: Attempt) => ({ method: 'GET', target, headers: ['Host', host()], body: null });
const byHeader =
  (signer: typeof signOssV4): Form =>
  async (attempt) => {
    const { bucket, credentials, time } = attempt;
    const sign = signer({ bucket, region: REGION, credentials: () => credentials, wallClock: () => time });
    return sign(bare(attempt));
  };

const plus = (target: string, parameters: Record<string, string | undefined>): string => {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const query = pairs.map(([name, value]) => `${name}=${normal(value ?? '')}`).join('&');
  return `${target}${target.includes('?') ? '&' : '?'}${query}`;
};

/** The forms of signatures; each is valid for 15 minutes after signing. */
export const FORMS: Readonly<Record<string, Form>> = {
  'OSS V1 header': byHeader(signOssV1),
  'OSS V4 header': byHeader(signOssV4),
  'SigV4 header': byHeader(signS3V4),
  'OSS V1 URL': async (attempt) => {
    const { bucket, credentials, time } = attempt;
    const date = String(time / 1000 + 900);
    const target = plus(attempt.target, { 'security-token': credentials.securityToken });
    const unsigned = { ...bare(attempt), target };
    const secret = credentials.accessKeySecret;
    const signature = await ossV1Signature(unsigned, { bucket, secret, date });
    const parameters = { OSSAccessKeyId: credentials.accessKeyId, Expires: date, Signature: signature };
    return { ...unsigned, target: plus(target, parameters) };
  },
  'OSS V4 URL': async (attempt) => {
    const { bucket, credentials, time } = attempt;
    const date = basicDate(time);
    const target = plus(attempt.target, {
      'x-oss-credential': `${credentials.accessKeyId}/${date.slice(0, 8)}/${REGION}/oss/aliyun_v4_request`,
      'x-oss-date': date,
      'x-oss-expires': '900',
      'x-oss-signature-version': 'OSS4-HMAC-SHA256',
      'x-oss-security-token': credentials.securityToken,
    });
    const scope = { date, region: REGION };
    const input = { bucket, secret: credentials.accessKeySecret, scope, additionalHeaders: [] };
    const signature = await ossV4Signature({ ...bare(attempt), target }, input);
    return { ...bare(attempt), target: plus(target, { 'x-oss-signature': signature }) };
  },
  'SigV4 URL': async (attempt) => {
    const { credentials, time } = attempt;
    const date = basicDate(time);
    const target = plus(attempt.target, {
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${credentials.accessKeyId}/${date.slice(0, 8)}/${REGION}/s3/aws4_request`,
      'X-Amz-Date': date,
      'X-Amz-Expires': '900',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Security-Token': credentials.securityToken,
    });
    const input = {
      secret: credentials.accessKeySecret,
      scope: { date, region: REGION },
      signedHeaders: ['host'],
      payload: 'UNSIGNED-PAYLOAD',
    };
    const signature = await s3V4Signature({ ...bare(attempt), target }, input);
    return { ...bare(attempt), target: plus(target, { 'X-Amz-Signature': signature }) };
  },
};
export const send = async ({ method, target, headers }: Sent, body: Buffer | string | null = null) => {
  const answered = await request(`${open.url}${target}`, {
    method: method as 'GET',
    headers: [...headers],
    body,
  });
  return { status: answered.statusCode, body: await answered.body.text() };
};

export const attemptBy = async (form: string, attempt: Partial<Attempt> = {}): Promise<string> => {
  const whole: Attempt = {
    credentials: KEYS,
    bucket: 'media',
    time: NOW,
    target: '/a%20b.txt',
    change: (sent) => sent,
    ...attempt,
  };
  const sent = await FORMS[form]?.(whole);
  if (!sent) throw new Error(`no form ${form}`);
  const { status, body } = await send(whole.change(sent));
  if (status !== 200) return `${status} ${codeOf(body)}`;
  return body;
};

export const setHeader = (name: string, value: string) => (sent: Sent) => ({
  ...sent,
  headers: sent.headers.map((text, at) =>
    at % 2 === 1 && sent.headers[at - 1]?.toLowerCase() === name ? value : text,
  ),
});
export const editTarget = (from: RegExp, to: string) => (sent: Sent) => ({
  ...sent,
  target: sent.target.replace(from, to),
});
