import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { BucketConfig } from '../../config/file.ts';
import type { Fault } from '../../document/fault.ts';

/** The files that a bucket's rules may be read from. */
export function filesOfBucket({ rules, bucket }: Pick<BucketConfig, 'rules' | 'bucket'>): readonly string[] {
  const named = rules?.kind === 'file' ? [rules.path] : [];
  return bucket?.kind === 'folder' ? [...named, rulesFileOfFolder(bucket.path)] : named;
}

/** The rules file of a folder that is a bucket. */
export const rulesFileOfFolder = (folder: string): string => `${resolve(folder)}.cors.xml`;

/** What an export must not replace. `config`: the configuration file; null: the line has no file. */
export interface FilesRead {
  readonly rules: readonly string[];
  readonly config: string | null;
}

/** A fault if one of the paths that would be written is a file that the command reads, by whatever name. */
export async function overwriteFault(
  paths: readonly string[],
  { rules, config }: FilesRead,
): Promise<Fault | null> {
  const read = [
    ...rules.map((path) => ({ path, reason: 'is the file that the rules are read from' })),
    ...(config === null ? [] : [{ path: config, reason: 'is the configuration file that is read' }]),
  ];
  for (const path of paths)
    for (const one of read)
      if (await isSameFile(path, one.path))
        return { place: '--output', value: path, reason: one.reason, write: 'another path' };
  return null;
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [found, second] = await Promise.all([one, other].map((path) => stat(path).catch(() => null)));
  if (!found || !second) return resolve(one) === resolve(other);
  // A terminal may be read and written.
  return found.isFile() && found.dev === second.dev && found.ino === second.ino;
}
