import { basename, resolve } from 'node:path';
import { isAddress, parseAddress } from '../../bucket/address.ts';
import { askForRules, type Read, rulesUrl } from '../../bucket/read.ts';
import type { Address, Sign } from '../../bucket/transport.ts';
import type { BucketPlace } from '../../config/bucket-url.ts';
import type { RulesPlace } from '../../config/values.ts';
import type { Source } from '../../rules/source.ts';
import { bucketSource } from '../../rules/sources/bucket.ts';
import { inlineSource } from '../../rules/sources/inline.ts';
import { type Token, urlSource } from '../../rules/sources/url.ts';
import { openDirectoryBucket } from '../directory/server.ts';
import type { Reach } from '../reach.ts';
import { startFault } from '../start-fault.ts';
import { fileSource } from './file-source.ts';

export interface OpenBucket {
  /** For people and metrics: the folder's name, or the host with its path. */
  readonly name: string;
  readonly address: Address;
  /** For people: where its own rules are kept. */
  readonly rulesName: string;
  close(): Promise<void>;
}

/**
 * Makes a bucket reachable; a folder becomes a small bucket of its own on a free loopback port. Its rules
 * may be changed by clients only where the edge in front of it serves this machine alone.
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

export function openSource(
  place: RulesPlace,
  { address, rulesName }: OpenBucket,
  read: Read,
  { sign, token }: { readonly sign?: Sign | undefined; readonly token?: Token | undefined },
): Source {
  switch (place.kind) {
    case 'bucket':
      return bucketSource(rulesName, askForRules(address, read, sign));
    case 'inline':
      return inlineSource(place.text);
    case 'url':
      return urlSource(place.url, ({ headers, ...limits }) => read(place.url, headers, limits), token);
    case 'file':
      return fileSource(place.path);
    case 'kv':
      throw startFault([
        `kv:${place.key}: only Workers have a KV namespace; name a file, a URL or \`bucket\``,
      ]);
  }
}
