import type { Dialect } from '../../cors/behaviour.ts';
import type { Sign } from '../transport.ts';
import type { SigningOptions } from './credentials.ts';
import { signOssV1 } from './oss-v1.ts';
import { signOssV4 } from './oss-v4.ts';
import { signS3V4 } from './s3-v4.ts';

/** How requests to one kind of store are signed. */
export interface Signing {
  readonly v4: (options: SigningOptions) => Sign;
  /** Null for stores without this older version. It signs without a region. */
  readonly v1: ((options: Omit<SigningOptions, 'region'>) => Sign) | null;
  /** A region to show in messages. */
  readonly exampleRegion: string;
}

export const SIGNING: Readonly<Record<Dialect, Signing>> = {
  oss: { v4: signOssV4, v1: signOssV1, exampleRegion: 'cn-hangzhou' },
  s3: { v4: signS3V4, v1: null, exampleRegion: 'us-east-1' },
};
