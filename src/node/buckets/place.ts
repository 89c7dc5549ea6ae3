import { basename, resolve } from 'node:path';
import { isAddress, parseAddress } from '../../bucket/address.ts';
import { rulesUrl } from '../../bucket/read.ts';
import type { BucketPlace } from '../../config/bucket-url.ts';
import { withoutSecrets } from '../../config/secrets.ts';
import type { ReachedBucket } from '../../open/bucket.ts';
import { isDirectoryBucketError, openDirectoryBucket } from '../directory/server.ts';
import type { Reach } from '../reach.ts';

export interface OpenBucket extends ReachedBucket {
  close(): Promise<void>;
}

/**
 * Makes a bucket reachable; a folder becomes a directory bucket on a free loopback port. Clients may change its
 * rules only where the edge in front of it serves this machine alone.
 */
export async function openBucket(place: BucketPlace, reach: Reach): Promise<OpenBucket> {
  if (place.kind === 'http') {
    const { host, path } = place.address;
    return {
      name: host + path,
      address: place.address,
      rulesName: rulesUrl(place.address),
      close: async () => {},
    };
  }
  const { url, rulesFile, close } = await openDirectoryBucket({
    folder: resolve(place.path),
    rulesWritable: reach === 'loopback',
  }).catch((error) => {
    throw isMissing(error) && !isPath(place.path) ? noFolder(place.path) : error;
  });
  const address = parseAddress(url);
  if (!isAddress(address)) throw new Error(`the directory bucket's own address ${url} ${address.reason}`);
  return { name: basename(resolve(place.path)), address, rulesName: rulesFile, close };
}

const isMissing = (error: unknown): boolean =>
  isDirectoryBucketError(error) && error.problem === 'folder_missing';

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
