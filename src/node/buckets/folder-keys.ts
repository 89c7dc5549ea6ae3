import type { BucketConfig } from '../../config/file.ts';
import type { Spell } from '../../config/spell.ts';
import { recent } from '../../open/client-keys.ts';
import { credentialsAt, keylessLine, type SigningMeans } from '../../open/signer.ts';
import type { FolderKeys } from './place.ts';
import { isWithin } from './within-folder.ts';

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

/** Why a folder cannot be served with its keys: they are missing, or lie in it. One line for each place. */
export async function folderKeyFaults(
  { bucketKeys, store }: Asked,
  folder: string,
  means: SigningMeans,
  spell: Spell,
): Promise<readonly string[]> {
  const option = spell('bucketKeys');
  const lines: string[] = [];
  for (const place of bucketKeys ?? []) {
    if (place.kind === 'file' && (await isWithin(place.path, folder))) {
      lines.push(
        `${option} ${place.path} lies in the folder that ${spell('bucket')} ${folder} serves, and clients could read and ` +
          'replace the keys as an object; write a file outside of it',
      );
      continue;
    }
    const source = credentialsAt(place, store, means);
    const line =
      source === null
        ? `${option}: there are no keys in the environment; write file:PATH or env:PREFIX`
        : await keylessLine(source, place, store, option);
    if (line !== null) lines.push(line);
  }
  return lines;
}
