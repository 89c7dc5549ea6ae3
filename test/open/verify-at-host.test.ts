import { describe, expect, test } from 'vitest';
import type { Checked } from '../../src/bucket/refusals.ts';
import type { Dialect } from '../../src/cors/behaviour.ts';
import { compileRules } from '../../src/cors/compile.ts';
import { openAccess } from '../../src/open/open-access.ts';
import { PASSING } from '../helpers/access.ts';
import { type FormName, KEYS, REGION, signed } from '../helpers/signed.ts';
import { EVERYBODY } from '../suite/sets.ts';

const VARIABLES = {
  AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: KEYS.accessKeySecret,
  OSS_ACCESS_KEY_ID: KEYS.accessKeyId,
  OSS_ACCESS_KEY_SECRET: KEYS.accessKeySecret,
};
const MEANS = { variables: VARIABLES, md5: async () => new Uint8Array(16), register: null };

/** What the edge of the bucket `bucket` says of a request that a client has signed for that host. */
async function codesOf(form: FormName, host: string, target: string, dialect: Dialect) {
  const access = {
    ...PASSING,
    store: dialect,
    management: 'keep',
    objects: 'resign',
    bucketName: 'bucket',
    region: REGION,
    credentials: { kind: 'environment', prefix: null },
  } as const;
  const { management, authorize } = openAccess(access, MEANS);
  if (management?.mode !== 'keep' || authorize === undefined) throw new Error('another mode');
  const { method, headers, ...sent } = await signed(form, { method: 'GET', target, host });
  const client = { method, headers, target: sent.target, key: sent.target };
  const behaviour = { dialect, vary: 'safe', dangerouslyAllowCredentials: false } as const;
  const inForce = { rules: compileRules(EVERYBODY, behaviour), version: null };
  const codeOf = (checked: Checked<unknown>) => (checked.ok ? 'passed' : checked.refusal.code);
  return {
    keep: codeOf(await management.verify(client)),
    resign: codeOf(await authorize({ ...client, body: null }, client, inForce)),
  };
}

describe.each(['SigV4 header', 'SigV4 URL'] as const)('a bucket at every host, by %s', (form) => {
  test.each([
    ['another bucket’s host at S3', 'other-bucket.s3.amazonaws.com', '/a'],
    ['the same with a port, capitals and a dot', 'Other-Bucket.S3.amazonaws.com.:443', '/a'],
    ['another bucket’s host in a region', 'other-bucket.s3.eu-west-1.amazonaws.com', '/a'],
    ['another bucket’s path at S3', 's3.amazonaws.com', '/other-bucket/a'],
    ['another bucket’s host at OSS', 'other-bucket.oss-cn-hangzhou.aliyuncs.com', '/a'],
    ['another bucket’s host at S3 of OSS', 'other-bucket.s3.oss-cn-hangzhou.aliyuncs.com', '/a'],
  ])('refuses what is signed for %s', async (_, host, target) => {
    expect(await codesOf(form, host, target, 's3')).toEqual({ keep: 'AccessDenied', resign: 'AccessDenied' });
  });

  test.each([
    ['its own host at S3', 'bucket.s3.eu-west-1.amazonaws.com', '/a'],
    ['its own path at S3', 's3.amazonaws.com', '/bucket/a'],
    ['the service itself', 's3.amazonaws.com', '/?list-type=2'],
    ['a host of the edge', 'cdn.example:8443', '/other-bucket/a'],
  ])('accepts what is signed for %s', async (_, host, target) => {
    expect(await codesOf(form, host, target, 's3')).toEqual({ keep: 'passed', resign: 'passed' });
  });
});

test.each(['OSS V1 header', 'OSS V4 header', 'OSS V4 URL'] as const)(
  'a signature that contains the bucket’s name is accepted for every host: %s',
  async (form) => {
    const found = await codesOf(form, 'other-bucket.oss-cn-hangzhou.aliyuncs.com', '/a', 'oss');
    expect(found).toEqual({ keep: 'passed', resign: 'passed' });
  },
);

// A review found an empty region in the message, and in the element that SDKs read to sign again.
test.each(['OSS V4 header', 'OSS V4 URL', 'SigV4 header'] as const)(
  'without a known region a signature by %s is refused with what to do',
  async (form) => {
    const access = {
      ...PASSING,
      store: 'oss',
      management: 'keep',
      bucketName: 'bucket',
      region: null,
      credentials: { kind: 'environment', prefix: null },
    } as const;
    const { management } = openAccess(access, MEANS);
    if (management?.mode !== 'keep') throw new Error('another mode');
    const ask = async (by: FormName) => {
      const { target, ...sent } = await signed(by, { method: 'GET', target: '/?cors', host: 'h.example' });
      return management.verify({ ...sent, target, key: target });
    };
    expect(await ask(form)).toEqual({
      ok: false,
      refusal: {
        code: 'AccessDenied',
        status: 403,
        message: expect.stringMatching(/region .* sign by V1\.$/),
      },
    });
    expect(await ask('OSS V1 header')).toMatchObject({ ok: true });
  },
);
