import { resolve } from 'node:path';
import type { BucketConfig } from '../../config/file.ts';
import { asKey, type Spell } from '../../config/spell.ts';
import { aboutBucket } from '../../open/bucket.ts';
import { recent } from '../../open/client-keys.ts';
import { credentialsAt, keylessLine, type SigningMeans } from '../../open/signer.ts';
import type { FolderKeys } from './place.ts';

type Asked = Pick<BucketConfig, 'bucketKeys' | 'store' | 'bucketName' | 'prefix' | 'keepPrefix'>;

/** The keys of a folder; null: it checks no signature. They are read at most once a second (`recent`). */
export function folderKeysOf(
  { bucketKeys, store, bucketName, prefix, keepPrefix }: Asked,
  means: SigningMeans,
): FolderKeys | null {
  if (bucketKeys === null) return null;
  const sources = bucketKeys.flatMap((place) => credentialsAt(place, store, means) ?? []);
  const read = recent(async () => {
    const found = await Promise.all(sources.map(async (source) => source()));
    return found.filter((keys) => keys !== null);
  });
  return { read, store, bucketName, prefix: keepPrefix ? '' : (prefix ?? '') };
}

/** Why a folder cannot be served with its keys: they are missing. One line for each place. */
export async function folderKeyFaults(
  { bucketKeys, store }: Asked,
  means: SigningMeans,
  spell: Spell,
): Promise<readonly string[]> {
  const option = spell('bucketKeys');
  const lines: string[] = [];
  for (const place of bucketKeys ?? []) {
    const source = credentialsAt(place, store, means);
    const line =
      source === null
        ? `${option}: there are no keys in the environment; write file:PATH or env:PREFIX`
        : await keylessLine(source, place, store, option);
    if (line !== null) lines.push(line);
  }
  return lines;
}

/** A folder that is served with keys, or another bucket. */
interface Served {
  readonly config: BucketConfig;
  readonly open: { readonly name: string };
}

/**
 * OSS signs a bucket's name and the key, and no host or prefix: two folders of one name and the same keys would accept what
 * is signed for the other. One line for each.
 */
export function sharedNames(served: readonly Served[]): readonly string[] {
  const seen = new Map<string, string>();
  return served.flatMap(({ config, open }) => {
    const { bucket, bucketKeys, bucketName } = config;
    if (bucket?.kind !== 'folder' || bucketKeys === null) return [];
    const name = bucketName ?? open.name;
    const signed = JSON.stringify([name, bucketKeys]);
    const path = resolve(bucket.path);
    const other = seen.get(signed) ?? path;
    seen.set(signed, other);
    const line = `another folder, ${other}, has the same keys and the same name in signatures, ${name}; write ${asKey('bucketName', 'another-name')}`;
    return other === path ? [] : [aboutBucket(config, line)];
  });
}
