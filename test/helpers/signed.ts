import { createHash } from 'node:crypto';
import { headerMap, normal } from '../../src/bucket/sign/canonical.ts';
import type { Credentials } from '../../src/bucket/sign/credentials.ts';
import { basicDate } from '../../src/bucket/sign/date.ts';
import { ossV1Signature, signOssV1 } from '../../src/bucket/sign/oss-v1.ts';
import { ossV4Signature, signOssV4 } from '../../src/bucket/sign/oss-v4.ts';
import { s3V4Signature, signS3V4 } from '../../src/bucket/sign/s3-v4.ts';

export const KEYS: Credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' };
export const TEMPORARY: Credentials = {
  accessKeyId: 'STS.ak',
  accessKeySecret: 'tsk',
  securityToken: 'token',
};
export const REGION = 'cn-hangzhou';

/** A request to sign. */
export interface ToSign {
  readonly method: string;
  readonly target: string;
  /** The value of Host. */
  readonly host: string;
  /** Further headers, name, value, name, value. */
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
  readonly keys?: Credentials;
  readonly bucket?: string;
  readonly region?: string;
  /** Epoch milliseconds; now by default. */
  readonly time?: number;
  /** Seconds that a URL is valid. */
  readonly expires?: number;
}

export interface Sent {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body?: string | Buffer;
}

interface Whole extends Required<Omit<ToSign, 'body'>> {
  readonly body?: string | Buffer;
}

type Form = (request: Whole) => Promise<Sent>;

export type FormName = keyof typeof FORMS;

const bare = ({ method, target, host, headers, body }: Whole) => ({
  method,
  target,
  headers: ['Host', host, ...headers],
  body: body ?? null,
});

const byHeader =
  (signer: typeof signOssV4): Form =>
  async (request) => {
    const { bucket, region, keys, time } = request;
    const sign = signer({ bucket, region, credentials: () => keys, wallClock: () => time });
    const { method, target, headers } = await sign(bare(request));
    return { method, target, headers };
  };

const plus = (target: string, parameters: Readonly<Record<string, string | undefined>>): string => {
  const pairs = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const query = pairs.map(([name, value]) => `${name}=${normal(value ?? '')}`).join('&');
  return `${target}${target.includes('?') ? '&' : '?'}${query}`;
};

const sha256 = (body: string | Buffer): string => createHash('sha256').update(body).digest('hex');

/** The ways in which clients sign. */
export const FORMS = {
  'OSS V1 header': byHeader(signOssV1),
  'OSS V4 header': byHeader(signOssV4),
  'SigV4 header': byHeader(signS3V4),
  'SigV4 header with the hash of the body': async (request) => {
    const { keys, time, region, headers, host, body = '', ...rest } = request;
    const scope = { date: basicDate(time), region };
    const payload = sha256(body);
    const sent = [
      ...['Host', host, ...headers],
      ...['x-amz-date', scope.date, 'x-amz-content-sha256', payload],
      ...(keys.securityToken === undefined ? [] : ['x-amz-security-token', keys.securityToken]),
    ];
    const signedHeaders = [...headerMap(sent).keys()].sort();
    const input = { secret: keys.accessKeySecret, scope, signedHeaders, payload };
    const signature = await s3V4Signature({ ...rest, headers: sent }, input);
    const credential = `${keys.accessKeyId}/${scope.date.slice(0, 8)}/${region}/s3/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
    return { method: rest.method, target: rest.target, headers: [...sent, 'Authorization', authorization] };
  },
  'OSS V1 URL': async (request) => {
    const { bucket, keys, time, expires } = request;
    const date = String(Math.floor(time / 1000) + expires);
    const target = plus(request.target, { 'security-token': keys.securityToken });
    const unsigned = { ...bare(request), target };
    const signature = await ossV1Signature(unsigned, { bucket, secret: keys.accessKeySecret, date });
    const parameters = { OSSAccessKeyId: keys.accessKeyId, Expires: date, Signature: signature };
    return sentAs(request, plus(target, parameters));
  },
  'OSS V4 URL': async (request) => {
    const { bucket, region, keys, time, expires } = request;
    const date = basicDate(time);
    const target = plus(request.target, {
      'x-oss-credential': `${keys.accessKeyId}/${date.slice(0, 8)}/${region}/oss/aliyun_v4_request`,
      'x-oss-date': date,
      'x-oss-expires': String(expires),
      'x-oss-signature-version': 'OSS4-HMAC-SHA256',
      'x-oss-security-token': keys.securityToken,
    });
    const input = { bucket, secret: keys.accessKeySecret, scope: { date, region }, additionalHeaders: [] };
    const signature = await ossV4Signature({ ...bare(request), target }, input);
    return sentAs(request, plus(target, { 'x-oss-signature': signature }));
  },
  'SigV4 URL': async (request) => {
    const { keys, region, time, expires } = request;
    const date = basicDate(time);
    const target = plus(request.target, {
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${keys.accessKeyId}/${date.slice(0, 8)}/${region}/s3/aws4_request`,
      'X-Amz-Date': date,
      'X-Amz-Expires': String(expires),
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Security-Token': keys.securityToken,
    });
    const input = {
      secret: keys.accessKeySecret,
      scope: { date, region },
      signedHeaders: ['host'],
      payload: 'UNSIGNED-PAYLOAD',
    };
    const signature = await s3V4Signature({ ...bare(request), target }, input);
    return sentAs(request, plus(target, { 'X-Amz-Signature': signature }));
  },
} as const satisfies Readonly<Record<string, Form>>;

export const FORM_NAMES = Object.keys(FORMS) as readonly FormName[];

const sentAs = ({ method, host, headers }: Whole, target: string): Sent => ({
  method,
  target,
  headers: ['Host', host, ...headers],
});

/** Signs a request; by default with KEYS, for the bucket `bucket`, now, and a URL for 15 minutes. */
export async function signed(form: FormName, request: ToSign): Promise<Sent> {
  const defaults = {
    headers: [],
    keys: KEYS,
    bucket: 'bucket',
    region: REGION,
    time: Date.now(),
    expires: 900,
  };
  const sent = await FORMS[form]({ ...defaults, ...request });
  return { ...sent, ...(request.body !== undefined && { body: request.body }) };
}
