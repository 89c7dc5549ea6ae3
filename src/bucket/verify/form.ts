import { type Checked, storeRefusal } from '../refusals.ts';
import { type Chain, signText } from '../sign/chain.ts';
import type { Credentials } from '../sign/credentials.ts';
import { basicDate, parseDate } from '../sign/date.ts';
import { ossV1SignText } from '../sign/oss-v1.ts';
import { OSS_V4 } from '../sign/oss-v4.ts';
import { S3_V4 } from '../sign/s3-v4.ts';
import { type Claim, type Denied, denied, isDenied, readCredential } from './claim.ts';
import { equalInConstantTime } from './equal.ts';
import { OSS_V4_NAMES, S3_V4_NAMES, type UrlNames } from './names.ts';
import type { VerifyOptions } from './verified.ts';
import { tokenFault } from './verify.ts';

/** The fields of a form by lower-case name. */
export type FormFields = ReadonlyMap<string, string>;

type FormClaim = Pick<Claim, 'accessKeyId' | 'securityToken' | 'signature' | 'sign' | 'tokenRefusal'>;

const UNSIGNED = denied(
  'AccessDenied',
  'Anonymous access is forbidden: a form needs a policy and its signature.',
);

/** `OSSAccessKeyId`, `policy`, `Signature`. https://www.alibabacloud.com/help/en/oss/developer-reference/postobject */
function readV1(fields: FormFields, policy: string): FormClaim | Denied {
  const accessKeyId = fields.get('ossaccesskeyid');
  const signature = fields.get('signature');
  if (!accessKeyId || !signature) return UNSIGNED;
  return {
    accessKeyId,
    securityToken: fields.get('x-oss-security-token'),
    signature,
    sign: (secret) => ossV1SignText(secret, policy),
    tokenRefusal: 'InvalidSecurityToken',
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html, and the same of OSS V4 */
function readV4(fields: FormFields, policy: string, chain: Chain, names: UrlNames): FormClaim | Denied {
  const field = (name: string) => fields.get(name.toLowerCase()) ?? '';
  const credential = readCredential(field(names.credential), chain);
  const date = field(names.date);
  const signedAt = parseDate(date);
  const signature = field(names.signature);
  const isWhole = field(names.algorithm) === chain.algorithm && credential !== null && signature !== '';
  if (!isWhole || signedAt === null || date !== basicDate(signedAt) || !date.startsWith(credential.day))
    return denied('InvalidArgument', 'The fields of the signature are incomplete or malformed.');
  return {
    accessKeyId: credential.accessKeyId,
    securityToken: fields.get(names.securityToken.toLowerCase()),
    signature,
    sign: (secret) => signText(chain, secret, { date, region: credential.region }, policy),
    tokenRefusal: chain === OSS_V4 ? 'InvalidSecurityToken' : 'InvalidToken',
  };
}

function readForm(fields: FormFields): FormClaim | Denied {
  const policy = fields.get('policy');
  if (!policy) return UNSIGNED;
  if (fields.has(OSS_V4_NAMES.signature)) return readV4(fields, policy, OSS_V4, OSS_V4_NAMES);
  if (fields.has(S3_V4_NAMES.signature.toLowerCase())) return readV4(fields, policy, S3_V4, S3_V4_NAMES);
  return readV1(fields, policy);
}

async function verify(
  fields: FormFields,
  keys: VerifyOptions['keys'],
): Promise<{ readonly key: Credentials } | Denied> {
  const claim = readForm(fields);
  if (isDenied(claim)) return claim;
  const key = (await keys()).find(({ accessKeyId }) => accessKeyId === claim.accessKeyId);
  if (!key) return denied('InvalidAccessKeyId');
  const fault = tokenFault(key, claim);
  if (fault !== null) return fault;
  return equalInConstantTime(await claim.sign(key.accessKeySecret), claim.signature)
    ? { key }
    : denied('SignatureDoesNotMatch');
}

/**
 * Checks who signed the policy of an upload form: by OSS V1, OSS V4 or SigV4. What the policy allows is not checked here;
 * it has the end of the signature's validity too.
 */
export async function verifyForm(
  fields: FormFields,
  { dialect, keys }: Pick<VerifyOptions, 'dialect' | 'keys'>,
): Promise<Checked<Credentials>> {
  const verified = await verify(fields, keys);
  return isDenied(verified)
    ? { ok: false, refusal: storeRefusal(dialect, verified.code, verified.message) }
    : { ok: true, value: verified.key };
}
