import { createHash } from 'node:crypto';
import type { Md5 } from '../../bucket/verify/verify.ts';
import type { AccessMeans } from '../../open/open-access.ts';
import type { Register } from '../../rules/register.ts';
import { fileCredentials } from './credentials.ts';

/** What Node lends to the access of buckets. `variables`: those with the keys. */
export const accessMeans = (variables: AccessMeans['variables'], register: Register | null): AccessMeans => ({
  variables,
  credentialsFile: fileCredentials,
  md5,
  register,
});

const md5: Md5 = async (bytes) => createHash('md5').update(bytes).digest();
