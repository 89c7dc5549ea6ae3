import { decode, parametersOf } from '../sign/canonical.ts';

/** A store's names for the parameters of a V4 signature in a URL. */
export interface UrlNames {
  readonly algorithm: string;
  readonly credential: string;
  readonly date: string;
  readonly expires: string;
  /** The names of signed headers. */
  readonly headers: string;
  readonly signature: string;
  /** A token may also be in the header of that name. */
  readonly securityToken: string;
}

export const OSS_V4_NAMES: UrlNames = {
  algorithm: 'x-oss-signature-version',
  credential: 'x-oss-credential',
  date: 'x-oss-date',
  expires: 'x-oss-expires',
  headers: 'x-oss-additional-headers',
  signature: 'x-oss-signature',
  securityToken: 'x-oss-security-token',
};

export const S3_V4_NAMES: UrlNames = {
  algorithm: 'X-Amz-Algorithm',
  credential: 'X-Amz-Credential',
  date: 'X-Amz-Date',
  expires: 'X-Amz-Expires',
  headers: 'X-Amz-SignedHeaders',
  signature: 'X-Amz-Signature',
  securityToken: 'X-Amz-Security-Token',
};

/** SDKs move the header of this name into the URL. */
export const S3_V4_PAYLOAD = 'X-Amz-Content-Sha256';

const lower = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.map((name) => name.toLowerCase()));

/** The token of a temporary key in a URL of OSS V1, and in the Java SDK's URLs of OSS V4. */
export const OSS_TOKEN = 'security-token';

/** The parameters of a signed URL by scheme, in lower case. */
export const OSS_V1_PARAMETERS = lower(['OSSAccessKeyId', 'Expires', 'Signature', OSS_TOKEN]);
export const OSS_V4_PARAMETERS = lower([...Object.values(OSS_V4_NAMES), OSS_TOKEN]);
export const S3_V4_PARAMETERS = lower([...Object.values(S3_V4_NAMES), S3_V4_PAYLOAD]);

/** The key's name in signatures that no form of `verifyRequest` has: OSS V2, and version 2 of S3 and of its relatives. */
export const OTHER_PARAMETERS = lower(['x-oss-access-key-id', 'AWSAccessKeyId', 'AccessKeyId']);

/** Whether a parameter of a signature occurs in no other request: `Expires` may. */
export const marks = (name: string): boolean => name !== 'expires';

/** Whether a parameter of a signature shows its scheme. */
export const showsScheme = (name: string): boolean => marks(name) && name !== OSS_TOKEN;

/** Decoded and in lower case, since a store may ignore the letter case. */
export const parameterNames = (target: string): string[] =>
  parametersOf(target).map(([name]) => decode(name).toLowerCase());

/** Headers, in lower case, with the token of a temporary key. */
export const TOKEN_HEADERS = ['x-oss-security-token', 'x-amz-security-token'] as const;

/** Whether a lower-case parameter is such a token. */
export const isTokenParameter = (name: string): boolean =>
  name === OSS_TOKEN || TOKEN_HEADERS.some((header) => header === name);

/** Headers that are part of a signature of any scheme, in lower case. */
export const SIGNATURE_HEADERS: readonly string[] = [
  'authorization',
  ...TOKEN_HEADERS,
  ...['x-oss', 'x-amz'].flatMap((prefix) => [`${prefix}-date`, `${prefix}-content-sha256`]),
];

/**
 * Whether a lower-case header name is a store's own, which may change what a request does. CGI and similar interfaces read
 * `_` and `-` as the same character: Ceph RGW obeys `x_amz_acl`.
 */
export const isStoreHeader = (written: string): boolean => {
  const name = written.replaceAll('_', '-');
  return name.startsWith('x-oss-') || (name.startsWith('x-amz-') && name !== FROM_CLOUDFRONT);
};

/** CloudFront adds it to requests that are signed already. */
const FROM_CLOUDFRONT = 'x-amz-cf-id';
