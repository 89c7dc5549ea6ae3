import type { Dialect } from '../../cors/behaviour.ts';
import type { Sign } from '../transport.ts';
import type { SigningOptions } from './credentials.ts';
import { signOssV1 } from './oss-v1.ts';
import { signOssV4 } from './oss-v4.ts';
import { signS3V4 } from './s3-v4.ts';

/** The signers for one dialect. */
export interface Signing {
  readonly v4: (options: SigningOptions) => Sign;
  /** The older version, which signs without a region. Null if the store has none. */
  readonly v1: ((options: Omit<SigningOptions, 'region'>) => Sign) | null;
  /** An example of a region, for messages. */
  readonly exampleRegion: string;
}

export const SIGNING: Readonly<Record<Dialect, Signing>> = {
  oss: { v4: signOssV4, v1: signOssV1, exampleRegion: 'cn-hangzhou' },
  s3: { v4: signS3V4, v1: null, exampleRegion: 'us-east-1' },
};

/** The part of a bucket's configuration that decides how its requests are signed. */
export interface SigningChoice {
  readonly signature: 'v4' | 'v1';
  /** Null: unknown. The older version, which needs none, is used then, if the store has it. */
  readonly region: string | null;
}

/** Returns the signer for a bucket. */
export function signerFor(
  dialect: Dialect,
  { signature, region }: SigningChoice,
  options: Omit<SigningOptions, 'region'>,
): Sign {
  const { v4, v1 } = SIGNING[dialect];
  const isOlder = signature === 'v1' || region === null;
  return v1 !== null && isOlder ? v1(options) : v4({ ...options, region: region ?? '' });
}
