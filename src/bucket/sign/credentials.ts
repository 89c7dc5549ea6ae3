import type { Dialect } from '../../cors/refusal.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Belongs to temporary keys (STS) alone. */
  readonly securityToken?: string;
}

/** Asked at every signing, so that rotated keys are picked up. Null: none are to be had now. */
export type CredentialsSource = () => Credentials | null | Promise<Credentials | null>;

export interface SigningOptions {
  readonly bucket: string;
  /** `cn-hangzhou`, without `oss-`; `us-east-1`. */
  readonly region: string;
  readonly credentials: CredentialsSource;
  /** Milliseconds since 1970; the machine's clock by default. */
  readonly wallClock?: () => number;
}

/** The names of the three parts of a store's credentials. */
export interface CredentialNames {
  readonly id: string;
  readonly secret: string;
  readonly token: string;
}

/** What the stores' own programs and SDKs look for in the environment. */
export const CREDENTIAL_NAMES: Readonly<Record<Dialect, CredentialNames>> = {
  oss: { id: 'OSS_ACCESS_KEY_ID', secret: 'OSS_ACCESS_KEY_SECRET', token: 'OSS_SESSION_TOKEN' },
  s3: { id: 'AWS_ACCESS_KEY_ID', secret: 'AWS_SECRET_ACCESS_KEY', token: 'AWS_SESSION_TOKEN' },
};

/**
 * The credentials to sign with.
 * @throws an Error that says which names to set when there are none, and whatever the source throws
 */
export const needCredentials = async (
  source: CredentialsSource,
  store: Dialect,
  bucket: string,
): Promise<Credentials> => {
  const credentials = await source();
  if (credentials !== null) return credentials;
  const { id, secret } = CREDENTIAL_NAMES[store];
  throw new Error(
    `there are no credentials for the bucket ${bucket}: set ${id} and ${secret} ` +
      "(after the bucket's own prefix, where it has one), or name a file that holds them",
  );
};
