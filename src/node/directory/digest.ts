import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { LRUCache } from 'lru-cache';
import { refusal } from './refusal.ts';

/** The MD5 digests of the objects' contents, in upper-case hexadecimal, computed once per content. */
export interface Digests {
  /** Reads the open file to its end, unless its digest is known. */
  of(path: string, handle: FileHandle, stat: BigIntStats): Promise<string>;
  /** Takes note of the digest of a file that was just written and will stand at `path`. */
  note(path: string, stat: BigIntStats, digest: string): void;
}

const KNOWN = 10_000;
const CHUNK_BYTES = 256 * 1024;
// A file changed twice within one tick of the file system's clock keeps its time: what has changed just now
// is not remembered. Two seconds is the coarsest clock still in use (FAT).
const SETTLED_MS = 2000;

const digestOf = async (handle: FileHandle): Promise<string> => {
  const hash = createHash('md5');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return hash.digest('hex').toUpperCase();
    hash.update(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
};

/** Makes an empty memory of digests, bounded. */
export const makeDigests = (): Digests => {
  const known = new LRUCache<string, string>({ max: KNOWN });
  const running = new Map<string, Promise<string>>();
  const keyOf = (path: string, stat: BigIntStats) => `${stat.ino}:${stat.size}:${stat.mtimeNs}:${path}`;

  const compute = async (key: string, handle: FileHandle, stat: BigIntStats): Promise<string> => {
    const digest = await digestOf(handle);
    const after = await handle.stat({ bigint: true });
    const unchanged = after.size === stat.size && after.mtimeNs === stat.mtimeNs;
    if (unchanged && Math.abs(Date.now() - Number(stat.mtimeMs)) > SETTLED_MS) known.set(key, digest);
    return digest;
  };

  return {
    of: (path, handle, stat) => {
      const key = keyOf(path, stat);
      const digest = known.get(key);
      if (digest !== undefined) return Promise.resolve(digest);
      const shared = running.get(key);
      if (shared) return shared;
      const started = compute(key, handle, stat).finally(() => running.delete(key));
      running.set(key, started);
      return started;
    },
    note: (path, stat, digest) => known.set(keyOf(path, stat), digest),
  };
};

/**
 * What a Content-MD5 header promises, in upper-case hexadecimal; undefined without one.
 * @throws a refusal (InvalidDigest) when it is not the base64 of 16 bytes
 */
export const promisedDigest = (header: string | string[] | undefined): string | undefined => {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !/^[A-Za-z0-9+/]{22}==$/.test(header)) throw refusal('InvalidDigest');
  return Buffer.from(header, 'base64').toString('hex').toUpperCase();
};

/** @throws a refusal (InvalidDigest) when the content is not what was promised */
export const checkDigest = (promised: string | undefined, digest: string): void => {
  if (promised !== undefined && promised !== digest) throw refusal('InvalidDigest');
};
