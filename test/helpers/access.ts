import type { Access } from '../../src/open/access.ts';

/** The access of a bucket whose clients authenticate themselves at the bucket. */
export const PASSING: Access = {
  store: 'oss',
  management: 'pass',
  write: '',
  registerKey: 'b',
  objects: 'pass',
  signPrefix: '',
  bucketName: null,
  region: null,
  signature: 'v4',
  credentials: { kind: 'none' },
  clientKeys: [],
};
