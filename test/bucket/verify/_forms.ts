import { headerMap, normal } from '../../../src/bucket/sign/canonical.ts';
import type { Credentials } from '../../../src/bucket/sign/credentials.ts';
import { basicDate } from '../../../src/bucket/sign/date.ts';
import { ossV1Signature, signOssV1 } from '../../../src/bucket/sign/oss-v1.ts';
import { ossV4Signature, signOssV4 } from '../../../src/bucket/sign/oss-v4.ts';
import { s3V4Signature, signS3V4 } from '../../../src/bucket/sign/s3-v4.ts';
import { type VerifyOptions, verifyRequest } from '../../../src/bucket/verify/verify.ts';

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
export const MINUTE = 60_000;
export const KEYS: Credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' };
export const TEMPORARY: Credentials = {
  accessKeyId: 'STS.ak',
  accessKeySecret: 'tsk',
  securityToken: 'token',
};
export const REGION = 'cn-hangzhou';

export interface Sent {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
}

/** A request to sign, and how it is changed after signing. */
export interface Attempt {
  readonly credentials: Credentials;
  readonly bucket: string;
  readonly region: string;
  readonly time: number;
  readonly method: string;
  readonly target: string;
  readonly host: string;
  /** Further headers, which the signature covers. */
  readonly headers: readonly string[];
  /** Changes the signed request before it is sent. */
  readonly change: (sent: Sent) => Sent;
}

export const ATTEMPT: Attempt = {
  credentials: KEYS,
  bucket: 'media',
  region: REGION,
  time: NOW,
  method: 'GET',
  target: '/a%20b.txt',
  host: 'media.example.com',
  headers: [],
  change: (sent) => sent,
};

type Form = (attempt: Attempt) => Promise<Sent>;

const bare = ({ method, target, host, headers }: Attempt) => ({
  method,
  target,
  headers: ['Host', host, ...headers],
  body: null,
});

const byHeader =
  (signer: typeof signOssV4): Form =>
  async (attempt) => {
    const { bucket, credentials, time, region } = attempt;
    const sign = signer({ bucket, region, credentials: () => credentials, wallClock: () => time });
    const { method, target, headers } = await sign(bare(attempt));
    return { method, target, headers };
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
    const { method, headers } = bare(attempt);
    const secret = credentials.accessKeySecret;
    const signature = await ossV1Signature({ method, target, headers }, { bucket, secret, date });
    const parameters = { OSSAccessKeyId: credentials.accessKeyId, Expires: date, Signature: signature };
    return { method, headers, target: plus(target, parameters) };
  },
  'OSS V4 URL': async (attempt) => {
    const { bucket, credentials, time, region } = attempt;
    const date = basicDate(time);
    const target = plus(attempt.target, {
      'x-oss-credential': `${credentials.accessKeyId}/${date.slice(0, 8)}/${region}/oss/aliyun_v4_request`,
      'x-oss-date': date,
      'x-oss-expires': '900',
      'x-oss-signature-version': 'OSS4-HMAC-SHA256',
      'x-oss-security-token': credentials.securityToken,
    });
    const input = {
      bucket,
      secret: credentials.accessKeySecret,
      scope: { date, region },
      additionalHeaders: [],
    };
    const { method, headers } = bare(attempt);
    const signature = await ossV4Signature({ method, target, headers }, input);
    return { method, headers, target: plus(target, { 'x-oss-signature': signature }) };
  },
  'SigV4 URL': async (attempt) => {
    const { credentials, time, region } = attempt;
    const date = basicDate(time);
    const { method, headers } = bare(attempt);
    const signedHeaders = [...headerMap(headers).keys()].sort();
    const target = plus(attempt.target, {
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${credentials.accessKeyId}/${date.slice(0, 8)}/${region}/s3/aws4_request`,
      'X-Amz-Date': date,
      'X-Amz-Expires': '900',
      'X-Amz-SignedHeaders': signedHeaders.join(';'),
      'X-Amz-Security-Token': credentials.securityToken,
    });
    const input = {
      secret: credentials.accessKeySecret,
      scope: { date, region },
      signedHeaders,
      payload: 'UNSIGNED-PAYLOAD',
    };
    const signature = await s3V4Signature({ method, target, headers }, input);
    return { method, headers, target: plus(target, { 'X-Amz-Signature': signature }) };
  },
};

export const ALL = Object.keys(FORMS);
export const HEADERS = ALL.filter((name) => name.endsWith('header'));
export const URLS = ALL.filter((name) => name.endsWith('URL'));
export const OSS = ALL.filter((name) => name.startsWith('OSS'));
export const S3 = ALL.filter((name) => name.startsWith('SigV4'));

/** Signs a request in one of the forms, and changes it as the attempt says. */
export async function signed(form: string, attempt: Partial<Attempt> = {}): Promise<Sent> {
  const whole = { ...ATTEMPT, ...attempt };
  const sent = await FORMS[form]?.(whole);
  if (!sent) throw new Error(`no form ${form}`);
  return whole.change(sent);
}

export const OPTIONS: VerifyOptions = {
  dialect: 'oss',
  bucket: 'media',
  region: REGION,
  keys: async () => [KEYS, TEMPORARY],
  wallClock: () => NOW,
};

/** `accepted`, or the status and code of the refusal. */
export async function outcomeOf(sent: Sent, options: Partial<VerifyOptions> = {}): Promise<string> {
  const checked = await verifyRequest({ ...sent, key: sent.target }, { ...OPTIONS, ...options });
  return checked.ok ? 'accepted' : `${checked.refusal.status} ${checked.refusal.code}`;
}

/** Changes the value of a header, given in lower case. */
export const setHeader = (name: string, value: string | ((value: string) => string)) => (sent: Sent) => ({
  ...sent,
  headers: sent.headers.map((text, at) => {
    if (at % 2 === 0 || sent.headers[at - 1]?.toLowerCase() !== name) return text;
    return typeof value === 'string' ? value : value(text);
  }),
});

export const addHeader = (name: string, value: string) => (sent: Sent) => ({
  ...sent,
  headers: [...sent.headers, name, value],
});

/** Adds a second line with the value of the first. */
export const repeatHeader = (name: string) => (sent: Sent) => {
  const at = sent.headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  if (at < 0) throw new Error(`no header ${name}`);
  return addHeader(sent.headers[at] ?? '', sent.headers[at + 1] ?? '')(sent);
};

export const removeHeader = (name: string) => (sent: Sent) => ({
  ...sent,
  headers: sent.headers.filter((_, at) => sent.headers[at - (at % 2)]?.toLowerCase() !== name),
});

export const editTarget = (from: RegExp, to: string) => (sent: Sent) => ({
  ...sent,
  target: sent.target.replace(from, to),
});
