import { basename, resolve } from 'node:path';
import { isAddress, parseAddress } from '../../bucket/address.ts';
import { rulesUrl } from '../../bucket/read.ts';
import type { Credentials } from '../../bucket/sign/credentials.ts';
import { SIGNING, signerFor } from '../../bucket/sign/signing.ts';
import type { Sign } from '../../bucket/transport.ts';
import type { BucketPlace } from '../../config/bucket-url.ts';
import { withoutSecrets } from '../../config/secrets.ts';
import type { Dialect } from '../../cors/behaviour.ts';
import type { ReachedBucket } from '../../open/bucket.ts';
import type { Reach } from '../reach.ts';

/** The keys with which requests for a folder must be signed. */
export interface FolderKeys {
  readonly read: () => Promise<readonly Credentials[]>;
  readonly store: Dialect;
  /** Null: the folder's own name. */
  readonly bucketName: string | null;
  /** What the edge removes from the targets of clients. */
  readonly prefix: string;
}

export interface OpenBucket extends ReachedBucket {
  close(): Promise<void>;
}

/**
 * Makes a bucket reachable; a folder becomes a directory bucket on a free loopback port. Clients may change its
 * rules only where the edge in front of it serves this machine alone, or with one of its keys.
 */
export async function openBucket(
  place: BucketPlace,
  reach: Reach,
  keys: FolderKeys | null = null,
): Promise<OpenBucket> {
  if (place.kind === 'http') {
    const { host, path } = place.address;
    return {
      name: host + path,
      address: place.address,
      rulesName: rulesUrl(place.address),
      close: async () => {},
    };
  }
  // An edge before a store does not need its modules.
  const { isDirectoryBucketError, openDirectoryBucket } = await import('../directory/server.ts');
  const isMissing = (error: unknown): boolean =>
    isDirectoryBucketError(error) && error.problem === 'folder_missing';
  const { url, rulesFile, close } = await openDirectoryBucket({
    folder: resolve(place.path),
    rulesWritable: reach === 'loopback' || keys !== null,
    ...(keys !== null && keysOptions(keys)),
  }).catch((error) => {
    throw isMissing(error) && !isPath(place.path) ? noFolder(place.path) : error;
  });
  const address = parseAddress(url);
  if (!isAddress(address)) throw new Error(`the directory bucket's own address ${url} ${address.reason}`);
  const name = basename(resolve(place.path));
  return {
    name,
    address,
    rulesName: rulesFile,
    close,
    ...(keys !== null && { sign: rulesSigner(keys, keys.bucketName ?? name) }),
  };
}

const keysOptions = ({ read, store, bucketName, prefix }: FolderKeys) => ({
  credentials: read,
  dialect: store,
  prefix,
  ...(bucketName !== null && { bucket: bucketName }),
});

/** The edge reads the rules with the first key. A folder accepts the name of any region. */
function rulesSigner({ read, store }: FolderKeys, bucket: string): Sign {
  const credentials = async () => (await read())[0] ?? null;
  return signerFor(store, { signature: 'v4', region: SIGNING[store].exampleRegion }, { bucket, credentials });
}

/** From here, from the root or from a drive: such a text cannot be the name of a bucket. */
const isPath = (text: string): boolean => /^[./\\]|^[a-z]:/i.test(text);

/** A word alone that is no folder is more probably a bucket's name. */
function noFolder(text: string): Error {
  const shown = withoutSecrets(text);
  const [what, path] = shown === null ? ['the bucket', './NAME'] : [`the bucket ${shown}`, `./${shown}`];
  return new Error(
    `${what} is neither a folder here nor an address: write ${path} for a folder, which must exist, or a bucket's address such as oss://my-bucket?region=cn-hangzhou`,
  );
}
