import { basename, resolve } from 'node:path';
import { isAddress, parseAddress } from '../../bucket/address.ts';
import { rulesUrl } from '../../bucket/read.ts';
import type { BucketPlace } from '../../config/bucket-url.ts';
import type { ReachedBucket } from '../../open/bucket.ts';
import { openDirectoryBucket } from '../directory/server.ts';
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
  });
  const address = parseAddress(url);
  if (!isAddress(address)) throw new Error(`the directory bucket's own address ${url} ${address.reason}`);
  return { name: basename(resolve(place.path)), address, rulesName: rulesFile, close };
}
