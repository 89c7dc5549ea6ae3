import type { Md5 } from '../bucket/verify/verify.ts';
import type { Bucket, Keeping, Management } from '../edge/bucket.ts';
import type { Register } from '../rules/register.ts';
import type { Access } from './access.ts';
import { openAuthorize } from './authorize.ts';
import { type Keys, openKeys, unlessUnreadable } from './client-keys.ts';
import type { SigningMeans } from './signer.ts';
import { verifyAtHost, verifyOptions } from './verify-at-host.ts';

/** What a platform lends for an access. */
export interface AccessMeans extends SigningMeans {
  readonly md5: Md5;
  /** Null: nothing is stored outside the process, so no bucket has `keep`. */
  readonly register: Register | null;
  /** Epoch milliseconds; the machine's clock unless given. */
  readonly wallClock?: () => number;
}

/** Makes the functions of an access, in the process that serves the bucket. `keys`: those of a whole store. */
export function openAccess(
  access: Access,
  means: AccessMeans,
  keys: Keys = openKeys(access, means),
): Pick<Bucket, 'management' | 'authorize'> {
  const authorize = openAuthorize(access, means, means.wallClock, keys);
  return { management: managementOf(access, means, keys), ...(authorize !== undefined && { authorize }) };
}

function managementOf(access: Access, means: AccessMeans, keys: Keys): Management {
  const { management, write } = access;
  if (management === 'pass') return { mode: 'pass' };
  return management === 'off' ? { mode: 'off', write } : keeping(access, means, keys);
}

function keeping(access: Access, means: AccessMeans, keys: Keys): Keeping {
  const { store: dialect, registerKey } = access;
  const { md5, register, wallClock = Date.now } = means;
  const options = verifyOptions(access, keys, wallClock);
  const missing = async (): Promise<never> => {
    throw new Error('there is no storage for rules');
  };
  return {
    mode: 'keep',
    verify: (request) => unlessUnreadable(dialect, () => verifyAtHost(request, options)),
    md5,
    register: {
      read: () => register?.read(registerKey) ?? missing(),
      write: (entry) => register?.write(registerKey, entry) ?? missing(),
    },
    wallClock,
  };
}
