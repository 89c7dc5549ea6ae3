import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { codeOf } from '../system-error.ts';
import { TEMPORARY_PREFIX } from './names.ts';
import { openTemporary } from './temporary.ts';

/** The digests of objects that were uploaded in parts, which their contents do not give. They survive a restart. */
export interface CompositeDigests {
  /** Returns the digest of a file that is as it was when its parts were joined. */
  read(path: string, stat: BigIntStats): Promise<string | undefined>;
  /** Stores the digest of a file that was just written and will be renamed to `path`. */
  write(path: string, stat: BigIntStats, digest: string): Promise<void>;
  /** Removes what is stored of a path. */
  remove(path: string): Promise<void>;
}

/** Opens the digests of a bucket's folder; they lie in a hidden folder of it. */
export function compositeDigests(root: string): CompositeDigests {
  const folder = join(root, `${TEMPORARY_PREFIX}etags`);
  const fileOf = (path: string) =>
    join(folder, createHash('sha256').update(relative(root, path)).digest('hex'));
  const stampOf = ({ size, mtimeNs }: BigIntStats) => `${size} ${mtimeNs} `;
  return {
    read: async (path, stat) => {
      const text = await readFile(fileOf(path), 'latin1').catch(() => '');
      const stamp = stampOf(stat);
      return text.startsWith(stamp) ? text.slice(stamp.length) : undefined;
    },
    write: async (path, stat, digest) => {
      await mkdir(folder).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
      });
      const temporary = await openTemporary(folder);
      try {
        await temporary.handle.writeFile(stampOf(stat) + digest);
        await temporary.commit(fileOf(path));
      } finally {
        await temporary.discard();
      }
    },
    remove: (path) => rm(fileOf(path), { force: true }),
  };
}
