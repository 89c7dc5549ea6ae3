import { DIALECTS, type Dialect } from '../../cors/behaviour.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Only temporary keys (STS) have one. */
  readonly securityToken?: string;
}

/** Called for every signature, so that rotated keys take effect. Null: there are no credentials now. */
export type CredentialsSource = () => Credentials | null | Promise<Credentials | null>;

export interface SigningOptions {
  readonly bucket: string;
  /** `cn-hangzhou`, without `oss-`; `us-east-1`. */
  readonly region: string;
  readonly credentials: CredentialsSource;
  /** Milliseconds since 1970; the machine's clock by default. */
  readonly wallClock?: () => number;
  /**
   * What SigV4 signs of the body: its SHA-256 in hexadecimal, `UNSIGNED-PAYLOAD` or `STREAMING-…`. By default the hash of
   * no bytes for a request without a body, and `UNSIGNED-PAYLOAD` for others. OSS signs no body.
   */
  readonly payload?: string;
}

/**
 * Returns the credentials to sign with.
 * @throws an Error that names the variables to set when there are no credentials; and what the source throws
 */
export const needCredentials = async (
  source: CredentialsSource,
  store: Dialect,
  bucket: string,
): Promise<Credentials> => {
  const credentials = await source();
  if (credentials !== null) return credentials;
  const { id, secret } = DIALECTS[store].credentialNames;
  throw new Error(
    `there are no credentials for the bucket ${bucket}: set ${id} and ${secret} ` +
      "(after the bucket's own prefix, where it has one), or name a file that contains them",
  );
};
